import type { Context } from "hono";
import * as v from "valibot";
import { isRecord } from "../../models/touchpoint.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { forgetSecret } from "../identity-secrets.ts";
import { fromBase64url } from "../keys.ts";
import { siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem, refused } from "../problems.ts";
import { readBody } from "./body.ts";
import { described } from "./described.ts";

const BYTES_MAX = 4 * 1024;
/** Less than the digest's own length would be easier to guess than to break. */
const SECRET_BYTES_MIN = 32;
const KID_MAX = 1_000;

const KEPT = v.object({ site: v.string(), kid: v.string(), kept: v.boolean() });

/**
 * `PUT` and `DELETE /api/sites/:site/identity/:kid`: the secret of an HS256 key that the configuration names. It goes in
 * and never comes out.
 */
export const identityKeys = new Hono<Bindings>()
  .put(
    "/:site/identity/:kid",
    described({
      operationId: "keepIdentityKey",
      summary: "Keeps the secret of an HS256 key that the configuration names",
      answer: KEPT,
      reads: v.object({ secret: v.string() }),
    }),
    async (c) => {
      const body = await readBody(c, BYTES_MAX);
      const secret = body.ok && isRecord(body.value) ? body.value.secret : undefined;
      const bytes = typeof secret === "string" ? fromBase64url(secret) : null;
      if (!bytes || bytes.length < SECRET_BYTES_MIN) {
        return refused(c, wrong("secret", `at least ${SECRET_BYTES_MIN} random bytes in base64url`));
      }
      return keep(c, secret as string);
    },
  )
  .delete(
    "/:site/identity/:kid",
    described({ operationId: "dropIdentityKey", summary: "Takes the secret of a key back", answer: KEPT }),
    (c) => keep(c, null),
  );

async function keep(c: Context<Bindings>, secret: string | null): Promise<Response> {
  const { site = "", kid = "" } = c.req.param() as Record<string, string>;
  if (kid.length > KID_MAX) return refused(c, wrong("kid", `at most ${KID_MAX} characters`));
  const kept = await callObject(async () => siteObject(c.env, site).keepIdentitySecret(c.get("actor"), kid, secret));
  switch (kept) {
    case "no-site":
      return problem(c, "unknown-site", `Create it with PUT /api/sites/${site}.`);
    case "not-a-key":
      return refused(c, wrong("kid", "one that the configuration lists, or 1 to 64 of letters, digits, _, . and -"));
    case "full":
      return problem(c, "too-many-keys", "Take one back that no configuration lists any more.");
    case "done":
      break;
  }
  forgetSecret(site, kid);
  return c.json({ site, kid, kept: secret !== null }, 200, { "Cache-Control": "no-store" });
}

function wrong(field: string, bound: string) {
  return { ok: false, reason: "malformed", field, bound } as const;
}
