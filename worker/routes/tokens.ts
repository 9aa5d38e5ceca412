import * as v from "valibot";
import { ACTIONS } from "../../models/access.ts";
import { makeToken } from "../access/token.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { base64url, sha256 } from "../keys.ts";
import { siteObject } from "../objects.ts";
import { callObject, callOnce } from "../platform-errors.ts";
import { problem } from "../problems.ts";
import { randomId } from "../random-id.ts";
import { body, described } from "./described.ts";

const DAY_MS = 86_400_000;
const NAME_MAX = 80;
/** A script that nobody has looked at for a year is looked at then. */
const DAYS_MAX = 366;
const DAYS_DEFAULT = 90;
/** Of one site at once. */
const TOKENS_MAX = 50;

const SCOPES = v.pipe(
  v.array(v.picklist(ACTIONS, `one of ${ACTIONS.join(", ")}`), "a list"),
  v.minLength(1, "one scope at least"),
  v.transform((scopes) => [...new Set(scopes)]),
);
const TOKEN = v.object({
  id: v.string(),
  name: v.string(),
  account: v.string(),
  scopes: v.array(v.string()),
  createdAt: v.number(),
  expiresAt: v.number(),
});

/** `/api/sites/:site/tokens`: what scripts ask with. A token is answered once, and stored as its digest. */
export const tokens = new Hono<Bindings>()
  .get(
    "/:site/tokens",
    described({
      operationId: "listTokens",
      summary: "Lists API tokens, without their secrets",
      answer: v.object({ tokens: v.array(TOKEN) }),
    }),
    async (c) => {
      const team = await callObject(async () => siteObject(c.env, c.req.param("site")).team());
      return c.json({ tokens: team.tokens });
    },
  )
  .post(
    "/:site/tokens",
    described({
      operationId: "createToken",
      summary: "Makes an API token, which is shown this once",
      answer: v.object({ ...TOKEN.entries, token: v.string() }),
    }),
    body(
      v.strictObject({
        name: v.pipe(v.string("a text"), v.nonEmpty("a text"), v.maxLength(NAME_MAX, `at most ${NAME_MAX} characters`)),
        scopes: SCOPES,
        days: v.optional(
          v.pipe(
            v.number("a number"),
            v.integer("a whole number"),
            v.minValue(1, "1 at least"),
            v.maxValue(DAYS_MAX, `at most ${DAYS_MAX}`),
          ),
          DAYS_DEFAULT,
        ),
      }),
    ),
    async (c) => {
      const actor = c.get("actor");
      const site = c.req.param("site");
      // A token is never more than the person who made it, and a token that made tokens would outlive its own end.
      if (actor.kind !== "account") return problem(c, "forbidden", "Tokens are made by people who have signed in.");
      const { name, scopes, days } = c.req.valid("json");
      const createdAt = Date.now();
      const { account } = actor;
      const kept = { id: randomId(), name, account, scopes, createdAt, expiresAt: createdAt + days * DAY_MS };
      const token = makeToken(site);
      const digest = base64url(await sha256(token));
      const isKept = await callObject(async () => siteObject(c.env, site).createToken(actor, digest, kept, TOKENS_MAX));
      if (!isKept) return problem(c, "too-many-tokens", `A site has at most ${TOKENS_MAX}: revoke one first.`);
      return c.json({ ...kept, token });
    },
  )
  .delete(
    "/:site/tokens/:id",
    described({
      operationId: "revokeToken",
      summary: "Takes an API token back: its next request is refused",
      answer: v.object({ id: v.string() }),
    }),
    async (c) => {
      const { site, id } = c.req.param();
      const isRevoked = await callOnce(async (call) => siteObject(c.env, site).revokeToken(c.get("actor"), id, call));
      return isRevoked ? c.json({ id }) : problem(c, "not-found", "This site has no such token.");
    },
  );
