import type { Context } from "hono";
import * as v from "valibot";
import { isConsoleAlone } from "../access/console-alone.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem, refused } from "../problems.ts";
import { isSecretFor } from "../servers/signature.ts";
import { forgetSecrets } from "../servers/source-secrets.ts";
import { newestConfig, type VersionedConfig } from "../sites.ts";
import { body, described } from "./described.ts";

const SECRET_MIN = 16;
const SECRET_MAX = 500;
/** A week: as long as anybody needs to change a secret on both sides. */
const OVERLAP_HOURS_MAX = 168;
const OVERLAP_HOURS = 24;
const HOUR_MS = 3_600_000;

const SECRET_BOUND = `${SECRET_MIN} to ${SECRET_MAX} characters of ASCII without space`;
const OVERLAP_BOUND = `whole hours from 0 to ${OVERLAP_HOURS_MAX}`;
const GIVEN = v.object({
  secret: v.pipe(
    v.string(SECRET_BOUND),
    v.regex(new RegExp(`^[!-~]{${SECRET_MIN},${SECRET_MAX}}$`), SECRET_BOUND),
    v.description("What the provider signs with; of SendGrid its public key; of “basic” the password."),
  ),
  overlapHours: v.optional(
    v.pipe(
      v.number(OVERLAP_BOUND),
      v.integer(OVERLAP_BOUND),
      v.minValue(0, OVERLAP_BOUND),
      v.maxValue(OVERLAP_HOURS_MAX, OVERLAP_BOUND),
      v.description("How long the secret before is taken as well; 0 where it is known to others."),
    ),
    OVERLAP_HOURS,
  ),
});
const KEPT = v.object({ site: v.string(), source: v.string(), kept: v.boolean() });
const LIST = v.object({
  servedHere: v.pipe(
    v.boolean(),
    v.description("Whether the host that was asked takes webhooks: the console's own does not."),
  ),
  sources: v.array(
    v.object({
      id: v.string(),
      name: v.nullable(v.string()),
      scheme: v.nullable(v.string()),
      path: v.pipe(v.string(), v.description("Where its webhooks go, below the edge's own address.")),
      secret: v.nullable(v.object({ at: v.number(), previousUntil: v.nullable(v.number()) })),
    }),
  ),
});

/** `/api/sites/:site/sources`: which there are, and their secrets, which go in and never come out. */
export const sourceSecrets = new Hono<Bindings>()
  .get(
    "/:site/sources",
    described({
      operationId: "listSources",
      summary: "The sources of webhooks: where each sends to, and whether it has a secret",
      answer: LIST,
    }),
    async (c) => {
      const { site } = c.req.param();
      const [known, newest] = await Promise.all([
        callObject(async () => siteObject(c.env, site).sources()),
        newestConfig(c.env, site),
      ]);
      if (!known) return problem(c, "unknown-site", `Create it with PUT /api/sites/${site}.`);
      const listed = new Map((newest?.config.sources ?? []).map((source) => [source.id, source]));
      // One that no configuration lists may have a secret before, or still.
      const ids = [...new Set([...listed.keys(), ...Object.keys(known.kept)])];
      const sources = ids.map((id) => ({
        id,
        name: listed.get(id)?.name ?? null,
        scheme: listed.get(id)?.signature.scheme ?? null,
        path: `/v1/webhooks/${known.publicKey}/${id}`,
        secret: known.kept[id] ?? null,
      }));
      return c.json({ servedHere: !isConsoleAlone(c), sources });
    },
  )
  .put(
    "/:site/sources/:source/secret",
    described({
      operationId: "keepSourceSecret",
      summary: "Keeps the secret that a source signs with, beside the one before for a while",
      answer: KEPT,
    }),
    body(GIVEN),
    async (c) => {
      const { site, source } = c.req.param();
      const { secret, overlapHours } = c.req.valid("json");
      const newest = (await callObject(async () => siteObject(c.env, site).newest())) as VersionedConfig | null;
      const listed = newest?.config.sources?.find(({ id }) => id === source);
      if (listed && !(await isSecretFor(listed.signature, secret))) {
        return refused(c, wrong("secret", `one of “${listed.signature.scheme}”, whole, as the provider shows it`));
      }
      return keep(c, source, { secret, overlapMs: overlapHours * HOUR_MS });
    },
  )
  .delete(
    "/:site/sources/:source/secret",
    described({
      operationId: "dropSourceSecret",
      summary: "Takes the secrets of a source back: everything that it sends is refused",
      answer: KEPT,
    }),
    (c) => keep(c, c.req.param("source"), null),
  );

async function keep(
  c: Context<Bindings>,
  source: string,
  given: { secret: string; overlapMs: number } | null,
): Promise<Response> {
  const { site = "" } = c.req.param() as Record<string, string>;
  const kept = await callObject(async () => siteObject(c.env, site).keepSourceSecret(c.get("actor"), source, given));
  switch (kept) {
    case "no-site":
      return problem(c, "unknown-site", `Create it with PUT /api/sites/${site}.`);
    case "not-a-source":
      return refused(c, wrong("source", "1 to 40 of a-z, 0-9 and -, not beginning with -"));
    case "full":
      return problem(c, "too-many-keys", "Take one back of a source that no configuration lists any more.");
    case "done":
      break;
  }
  forgetSecrets({ site, source });
  return c.json({ site, source, kept: given !== null }, 200, { "Cache-Control": "no-store" });
}

function wrong(field: string, bound: string) {
  return { ok: false, reason: "malformed", field, bound } as const;
}
