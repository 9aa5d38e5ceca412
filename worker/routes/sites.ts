import type { Context } from "hono";
import * as v from "valibot";
import { isSiteKey } from "../../models/identity.ts";
import { isSiteId } from "../../models/read-field.ts";
import type { SiteStop, Stop } from "../../models/stops.ts";
import { isRecord } from "../../models/touchpoint.ts";
import { parseSiteConfig } from "../config/parse.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { siteObject } from "../objects.ts";
import { callObject, callOnce } from "../platform-errors.ts";
import { problem, refused } from "../problems.ts";
import type { Applied } from "../site/change-answer.ts";
import { forgetNewest, type VersionedConfig } from "../sites.ts";
import { wordsFor } from "../words.ts";
import { readBody } from "./body.ts";
import { described } from "./described.ts";
import { fieldProblem } from "./field-problem.ts";
import { STOPPED } from "./stops.ts";

/** A whole configuration: 20 campaigns of texts stay far below. */
export const CONFIG_BYTES_MAX = 512 * 1024;
/** A person is put on a shard by one byte of a digest. */
const SHARDS_MAX = 256;
const TITLE_MAX = 200;

/** What `GET /api/sites/:site/config` answers: the configuration in force, whole. `config` is what a PUT takes. */
interface ExportedConfig extends VersionedConfig {
  site: string;
  /** Campaigns that were stopped by hand. */
  stopped: Stop[];
  /** Since when the whole site is stopped; null: it is not. */
  siteStopped: SiteStop | null;
}

const KEYS = v.object({ publicKey: v.string(), writeKey: v.string() });
const SITE = v.object({
  id: v.string(),
  publicKey: v.string(),
  shards: v.number(),
  epoch: v.number(),
  earlier: v.optional(v.array(v.number())),
});
const VERSIONED = { site: v.string(), version: v.number(), policy: v.string() };
/** A configuration that is in force, and (202) one that is not yet. */
export const APPLIED = v.object(VERSIONED);
export const WAITS = v.object({ site: v.string(), change: v.string(), state: v.string() });
export const ETAG = { ETag: "The version in force, in quotes" };
const CONFIG = v.pipe(v.unknown(), v.description("As GET /api/schemas/site-config.json has it."));
/** One version of a configuration, whole. */
export const WHOLE = v.object({ ...VERSIONED, config: CONFIG });
const IN_FORCE = v.object({
  ...WHOLE.entries,
  stopped: STOPPED.entries.stopped,
  siteStopped: STOPPED.entries.site,
});

/** `/api/sites/*`: for those who run a site. */
export const sites = new Hono<Bindings>()
  .put(
    "/:site",
    described({
      operationId: "createSite",
      summary: "Creates a site, with the keys that it keeps for good",
      answer: SITE,
      reads: KEYS,
    }),
    async (c) => {
      const id = c.req.param("site");
      const body = await readJson(c);
      if (body instanceof Response) return body;
      const { publicKey, writeKey } = isRecord(body) ? body : {};
      if (!isSiteId(id)) return refused(c, wrong("site", "1 to 40 of a-z, 0-9 and -, not beginning with -"));
      if (!isSiteKey(publicKey)) return refused(c, wrong("publicKey", "16 random bytes in base64url"));
      if (!isSiteKey(writeKey)) return refused(c, wrong("writeKey", "16 random bytes in base64url"));
      const keys = { publicKey, writeKey };
      const actor = c.get("actor");
      const site = await callObject(async () => siteObject(c.env, id).create(id, keys.publicKey, keys.writeKey, actor));
      return site
        ? c.json(site)
        : problem(c, "key-taken", "Keys are fixed at creation, and each is of one site alone.");
    },
  )
  .put(
    "/:site/config",
    described({
      operationId: "applyConfig",
      summary: "Puts a configuration in force, or (202) proposes it where the site asks for approvals",
      answer: APPLIED,
      waits: WAITS,
      reads: { $ref: "/api/schemas/site-config.json" },
      headers: {
        "If-Match": "The version that this is to replace, in quotes; “0”: none. Absent: whatever is in force",
        "Waypost-Title": "What the change is for, percent-encoded",
      },
      answerHeaders: ETAG,
    }),
    async (c) => {
      const id = c.req.param("site");
      const body = await readJson(c);
      if (body instanceof Response) return body;
      const over = versionOf(c.req.header("If-Match"));
      if (Number.isNaN(over)) return refused(c, wrong("If-Match", 'the version in quotes, as “ETag” gives it: "3"'));
      const parsed = parseSiteConfig(body, (await wordsFor(c.env, "en")).visitor);
      if (!parsed.ok) return refused(c, parsed);
      const title = titleOf(c.req.header("Waypost-Title"));
      const actor = c.get("actor");
      const applied = await callOnce(async (call) =>
        siteObject(c.env, id).apply(parsed.value, over, actor, { title, call }),
      );
      return appliedAnswer(c, applied as Applied | null, over);
    },
  )
  .get(
    "/:site/config",
    described({
      operationId: "readConfig",
      summary: "Reads the configuration in force, and what was stopped by hand",
      answer: IN_FORCE,
      answerHeaders: ETAG,
    }),
    async (c) => {
      const id = c.req.param("site");
      const site = await callObject(async () => siteObject(c.env, id).site());
      if (!site) return problem(c, "unknown-site", `Create it with PUT /api/sites/${id}.`);
      const newest = (await callObject(async () => siteObject(c.env, id).newest())) as VersionedConfig | null;
      if (!newest) return problem(c, "no-configuration", `Put one with PUT /api/sites/${id}/config.`);
      const { stopped, site: siteStopped } = await callObject(async () => siteObject(c.env, id).stops());
      const { version, policy, config } = newest;
      const headers = { ETag: `"${version}"` };
      return c.json({ site: id, version, policy, stopped, siteStopped, config } satisfies ExportedConfig, 200, headers);
    },
  )
  .post(
    "/:site/shards",
    described({
      operationId: "growMap",
      summary: "Opens a new epoch of the map, for people who come from now on",
      answer: SITE,
      reads: v.object({ shards: v.number() }),
    }),
    async (c) => {
      const id = c.req.param("site");
      const body = await readJson(c);
      if (body instanceof Response) return body;
      const shards = isRecord(body) ? body.shards : undefined;
      if (!Number.isInteger(shards) || (shards as number) < 1 || (shards as number) > SHARDS_MAX) {
        return refused(c, wrong("shards", `a whole number from 1 to ${SHARDS_MAX}`));
      }
      const actor = c.get("actor");
      const site = await callObject(async () => siteObject(c.env, id).grow(shards as number, actor));
      return site ? c.json(site) : problem(c, "unknown-site", `Create it with PUT /api/sites/${id}.`);
    },
  );

/** What became of a configuration that was to be in force; `over`: the version that it was to replace, if one. */
export function appliedAnswer(c: Context<Bindings>, applied: Applied | null, over: number | null = null): Response {
  const site = c.req.param("site") ?? "";
  if (!applied) return problem(c, "unknown-site", `Create it with PUT /api/sites/${site}.`);
  if ("conflict" in applied) {
    return problem(c, "version-changed", `Version ${applied.conflict} is in force, not ${over}: read it first.`);
  }
  if ("full" in applied) {
    return problem(c, "too-many-changes", `${applied.full} changes are open: publish or withdraw some.`);
  }
  if ("refused" in applied) return fieldProblem(c, applied.refused);
  if ("change" in applied) return c.json({ site, change: applied.change.id, state: applied.change.state }, 202);
  forgetNewest(site);
  const { version, policy } = applied;
  return c.json({ site, version, policy }, 200, { ETag: `"${version}"` });
}

/** What a header says that a change is for; "" where it says nothing that can be read. */
function titleOf(header = ""): string {
  try {
    return decodeURIComponent(header).slice(0, TITLE_MAX);
  } catch {
    return "";
  }
}

/** The version that a change is to replace; null: whatever is in force; NaN: it can't be read. */
function versionOf(ifMatch: string | undefined): number | null {
  if (ifMatch === undefined || ifMatch === "*") return null;
  return Number(/^"(\d{1,9})"$/.exec(ifMatch)?.[1] ?? Number.NaN);
}

async function readJson(c: Context): Promise<unknown> {
  const body = await readBody(c, CONFIG_BYTES_MAX);
  if (body.ok) return body.value;
  return body.reason === "too-large" ? problem(c, "too-large", `At most ${body.bytesMax} bytes.`) : refused(c, body);
}

function wrong(field: string, bound: string) {
  return { ok: false, reason: "malformed", field, bound } as const;
}
