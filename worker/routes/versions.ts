import type { Context } from "hono";
import * as v from "valibot";
import { configDiff } from "../../models/config-diff.ts";
import { parseSiteConfig } from "../config/parse.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { siteObject } from "../objects.ts";
import { callObject, callOnce } from "../platform-errors.ts";
import { problem, refused } from "../problems.ts";
import type { Applied } from "../site/change-answer.ts";
import { configVersion, type VersionedConfig } from "../sites.ts";
import { wordsFor } from "../words.ts";
import { DIFF } from "./changes.ts";
import { body, described, query } from "./described.ts";
import { APPLIED, appliedAnswer, ETAG, WAITS, WHOLE } from "./sites.ts";

const ENTRY = v.object({
  version: v.number(),
  at: v.nullable(v.number()),
  by: v.nullable(v.string()),
  digest: v.nullable(v.string()),
  change: v.nullable(v.string()),
});
const VERSION = v.pipe(v.string(), v.regex(/^\d{1,9}$/, "a version"), v.transform(Number));

/** `/api/sites/:site/versions` and `…/diff`: what was in force, and how it differs. A version is never changed. */
export const versions = new Hono<Bindings>()
  .get(
    "/:site/versions",
    described({
      operationId: "listVersions",
      summary: "Lists the versions that were in force last, the newest first",
      answer: v.object({ versions: v.array(ENTRY) }),
    }),
    async (c) => {
      const id = c.req.param("site");
      return c.json({ versions: await callObject(async () => siteObject(c.env, id).versions()) });
    },
  )
  .get(
    "/:site/versions/:version",
    described({ operationId: "readVersion", summary: "Reads a version of the configuration", answer: WHOLE }),
    async (c) => {
      const found = await versionOf(c, c.req.param("version"));
      if (!found) return none(c);
      const { version, policy, config } = found;
      return c.json({ site: c.req.param("site"), version, policy, config });
    },
  )
  .post(
    "/:site/versions/:version/revert",
    described({
      operationId: "revertToVersion",
      summary: "Puts what a version was in force again, as a new version, or proposes it where approvals are needed",
      answer: APPLIED,
      waits: WAITS,
      answerHeaders: ETAG,
    }),
    body(v.strictObject({})),
    async (c) => {
      const found = await versionOf(c, c.req.param("version"));
      if (!found) return none(c);
      // What was right once may be wrong by now.
      const parsed = parseSiteConfig(found.config, (await wordsFor(c.env, "en")).visitor);
      if (!parsed.ok) return refused(c, parsed);
      const { site } = c.req.param();
      const title = `Version ${found.version} again`;
      const applied = await callOnce(async (call) =>
        siteObject(c.env, site).apply(parsed.value, null, c.get("actor"), { title, call }),
      );
      return appliedAnswer(c, applied as Applied | null);
    },
  )
  .get(
    "/:site/diff",
    described({
      operationId: "compareVersions",
      summary: "How one version differs from another",
      answer: v.object({ from: v.number(), to: v.number(), diff: DIFF }),
    }),
    query(v.object({ from: VERSION, to: VERSION })),
    async (c) => {
      const { from, to } = c.req.valid("query");
      const [before, after] = await Promise.all([from, to].map((version) => versionOf(c, String(version))));
      if (!after || (!before && from !== 0)) return none(c);
      return c.json({ from, to, diff: configDiff(before?.config ?? {}, after.config) });
    },
  );

async function versionOf(c: Context<Bindings>, text: string): Promise<VersionedConfig | null> {
  const version = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0;
  return version === 0 ? null : configVersion(c.env, c.req.param("site") ?? "", version);
}

function none(c: Context<Bindings>): Response {
  return problem(c, "not-found", "The site has no such version.");
}
