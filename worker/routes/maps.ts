import type { Context } from "hono";
import * as v from "valibot";
import { mapView } from "../../models/analysis/graph.ts";
import { shownPerson } from "../../models/analysis/person-view.ts";
import { isMeasured } from "../../models/privacy-record.ts";
import type { Journey, SiteConfig } from "../../models/site-config.ts";
import { mayHere } from "../access/may-here.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { readMap, readPeople } from "../map/shards.ts";
import { siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem, refused } from "../problems.ts";
import { newestConfig, type Site } from "../sites.ts";
import { askedDays, wrong } from "./days.ts";
import { described, query } from "./described.ts";

const PEOPLE_DEFAULT = 50;
const PEOPLE_MAX = 500;
const TEXT = v.optional(v.string());
const PRIVATE = { "Cache-Control": "no-store" };

const NAME = v.string();
const COUNT = v.number();
const TIME = v.nullable(v.number());
const MONEY = v.object({ count: COUNT, amounts: v.record(NAME, COUNT) });
const MAP = v.object({
  journey: NAME,
  goal: NAME,
  visits: COUNT,
  touchpoints: COUNT,
  late: COUNT,
  goals: COUNT,
  stages: v.array(
    v.object({
      id: NAME,
      name: NAME,
      touchpoints: COUNT,
      visits: COUNT,
      starts: COUNT,
      ends: COUNT,
      endShare: v.nullable(COUNT),
      endShareLow: v.nullable(COUNT),
      endShareHigh: v.nullable(COUNT),
    }),
  ),
  edges: v.array(
    v.object({
      from: NAME,
      to: NAME,
      count: COUNT,
      meanMs: COUNT,
      medianMs: TIME,
      p90Ms: TIME,
      minMs: TIME,
      maxMs: TIME,
    }),
  ),
  paths: v.array(v.object({ stages: v.array(NAME), visits: COUNT })),
  otherPaths: COUNT,
  orders: MONEY,
  refunds: MONEY,
  segments: v.array(v.object({ id: NAME, name: NAME, visits: COUNT, goals: COUNT })),
  excluded: v.object({ internal: COUNT, test: COUNT, bot: COUNT }),
});
const SEEN = v.object({
  person: NAME,
  seenAt: COUNT,
  stage: NAME,
  goal: v.boolean(),
  visits: COUNT,
  channel: NAME,
  context: NAME,
  bands: v.nullable(v.object({ stall: NAME, intent: NAME })),
  traits: v.record(NAME, v.union([NAME, COUNT, v.boolean()])),
});

/** `/api/sites/:site/journeys/:journey/*`: what a team sees of a journey. Bearer token. */
export const maps = new Hono<Bindings>()
  .get(
    "/:site/journeys/:journey/map",
    described({
      operationId: "readMap",
      summary: "The live map of a journey, of some days or one segment",
      answer: MAP,
    }),
    query(v.object({ from: TEXT, to: TEXT, segment: TEXT })),
    async (c) => {
      const asked = await askedFor(c);
      if (asked instanceof Response) return asked;
      const { site, config, journey } = asked;
      const part = askedDays(c, config);
      if (part instanceof Response) return part;
      const query = { journey: journey.id, ...part };
      return c.json(mapView(await readMap(c.env, site, query), journey, config.segments), 200, PRIVATE);
    },
  )
  .get(
    "/:site/journeys/:journey/people",
    described({ operationId: "listPeople", summary: "Who was seen last", answer: v.object({ people: v.array(SEEN) }) }),
    query(v.object({ limit: TEXT })),
    async (c) => {
      const asked = await askedFor(c);
      if (asked instanceof Response) return asked;
      if (isMeasured(asked.config)) {
        return problem(
          c,
          "not-permitted",
          "With the preset “audience-measurement” there are sums alone, and no people.",
        );
      }
      const limit = Number(c.req.query("limit") ?? PEOPLE_DEFAULT);
      if (!Number.isInteger(limit) || limit < 1 || limit > PEOPLE_MAX) {
        return refused(c, wrong("limit", `a whole number from 1 to ${PEOPLE_MAX}`));
      }
      const people = await readPeople(c.env, asked.site, { journey: asked.journey.id, limit });
      const isWhole = mayHere(c, "people.identify");
      const listed = people.map(({ person, about }) => ({ person: isWhole ? person : shownPerson(person), ...about }));
      return c.json({ people: listed }, 200, PRIVATE);
    },
  );

interface Asked {
  site: Site;
  config: SiteConfig;
  journey: Journey;
}

/** The site and journey that an address names, or the problem to answer with. */
export async function askedFor(c: Context<Bindings>): Promise<Asked | Response> {
  const { site: id = "", journey: journeyId = "" } = c.req.param() as Record<string, string>;
  const site = await callObject(async () => siteObject(c.env, id).site());
  if (!site) return problem(c, "unknown-site", `Create it with PUT /api/sites/${id}.`);
  const newest = await newestConfig(c.env, id);
  const journey = newest?.config.journeys.find((j) => j.id === journeyId);
  if (!newest || !journey) {
    return problem(c, "not-found", `The site's configuration has no journey “${journeyId}”.`);
  }
  return { site, config: newest.config, journey };
}
