import type { Context } from "hono";
import * as v from "valibot";
import { masked, type PersonView } from "../../models/analysis/person-view.ts";
import { USER_ID_MAX } from "../../models/identity.ts";
import { isMeasured } from "../../models/privacy-record.ts";
import { mayHere } from "../access/may-here.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { tombstoneName, userVisitor } from "../keys.ts";
import { personOf } from "../map/person.ts";
import { siteObject } from "../objects.ts";
import { journeyPerson, mapPerson } from "../people.ts";
import { callObject, callOnce } from "../platform-errors.ts";
import { problem, tooMany } from "../problems.ts";
import { newestConfig, type Site } from "../sites.ts";
import { body, described } from "./described.ts";

const VISITOR = /^[\w-]{43}$/;
const ONE = "one of userId, visitor, person";
const ASKED = v.union(
  [
    v.strictObject({
      userId: v.pipe(
        v.string(ONE),
        v.nonEmpty("1 character at least"),
        v.maxLength(USER_ID_MAX, `at most ${USER_ID_MAX}`),
      ),
    }),
    v.strictObject({ visitor: v.pipe(v.string(ONE), v.regex(VISITOR, "43 characters of base64url")) }),
    v.strictObject({ person: v.pipe(v.string(ONE), v.regex(/^[\w-]{8,22}$/, "8 to 22 characters of a pseudonym")) }),
  ],
  ONE,
);

const TEXT = v.string();
const NUMBER = v.number();
const VIEW = v.object({
  person: TEXT,
  user: v.nullable(v.object({ proven: v.boolean(), devices: NUMBER })),
  firstSeenAt: v.nullable(NUMBER),
  lastSeenAt: NUMBER,
  stage: TEXT,
  goal: v.boolean(),
  visits: NUMBER,
  channel: TEXT,
  context: TEXT,
  bands: v.nullable(v.object({ stall: TEXT, intent: TEXT })),
  traits: v.record(TEXT, v.union([TEXT, NUMBER, v.boolean()])),
  touchpoints: NUMBER,
  late: NUMBER,
  timeline: v.array(
    v.object({ at: NUMBER, type: TEXT, name: TEXT, path: TEXT, stage: TEXT, channel: TEXT, source: TEXT }),
  ),
  consent: v.nullable(v.object({ purposes: v.array(TEXT), rev: NUMBER, at: v.nullable(NUMBER) })),
  decisions: v.array(
    v.object({
      at: NUMBER,
      on: TEXT,
      campaign: TEXT,
      version: v.nullable(NUMBER),
      variant: TEXT,
      verdict: v.picklist(["show", "none"]),
      reason: TEXT,
      outcome: TEXT,
      considered: v.array(v.object({ campaign: TEXT, version: NUMBER, reason: TEXT })),
    }),
  ),
});

/**
 * `POST /api/sites/:site/people/find`: one person. A POST, so that no identity stands in an address, where it would be logged. Who
 * is not known, was erased, or has restricted what is done with their data is answered alike.
 */
export const people = new Hono<Bindings>().post(
  "/:site/people/find",
  described({
    operationId: "findPerson",
    summary: "One person: by the site’s own id of a user, a visitor, or a pseudonym of the list",
    answer: VIEW,
  }),
  body(ASKED),
  async (c) => {
    const id = c.req.param("site");
    const asked = c.req.valid("json");
    const isWhole = mayHere(c, "people.identify");
    if ("userId" in asked && !isWhole) return problem(c, "forbidden", "Your role does not permit “people.identify”.");
    const site = (await callObject(async () => siteObject(c.env, id).site())) as Site | null;
    if (!site) return problem(c, "unknown-site", `Create it with PUT /api/sites/${id}.`);
    const newest = await newestConfig(c.env, id);
    if (!newest) return problem(c, "no-configuration", `Put one with PUT /api/sites/${id}/config.`);
    if (isMeasured(newest.config)) {
      return problem(c, "not-permitted", "With the preset “audience-measurement” there are sums alone, and no people.");
    }
    const waitMs = await callObject(async () => siteObject(c.env, id).lookAt(c.get("actor")));
    if (waitMs > 0) return tooMany(c, waitMs);
    let found: PersonView | null;
    if ("person" in asked) {
      found = await mapPerson(c.env, site, asked.person);
      if (found) await noted(c, id, found.person);
    } else {
      const visitor = "visitor" in asked ? asked.visitor : await userVisitor(c.env, id, asked.userId);
      // Noted first, whoever it is: what nobody can be asked about is not looked up.
      await noted(c, id, await personOf(visitor));
      found = await journeyPerson(c.env, { site, newest, visitor });
    }
    if (!found) return problem(c, "not-found", "Nobody of this site is known by that.");
    return c.json(isWhole ? found : masked(found));
  },
);

/** Under a keyed hash of the pseudonym: it stays when the person is erased, and says to nobody without the key who it was. */
async function noted(c: Context<Bindings>, site: string, person: string): Promise<void> {
  const change = { action: "people.find", subject: await tombstoneName(c.env, person), before: null, after: null };
  return callOnce(async (call) => siteObject(c.env, site).note(c.get("actor"), change, call));
}
