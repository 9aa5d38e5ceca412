import * as v from "valibot";
import { eventList, type ListedEvent, type Observed } from "../../models/analysis/event-list.ts";
import { eventKey, NAMED_TYPES } from "../../models/catalogue.ts";
import { askerOf } from "../access/session.ts";
import { watcherRequest } from "../access/watcher.ts";
import type { Bindings, Env } from "../env.ts";
import { Hono } from "../hono.ts";
import { base64url, sha256 } from "../keys.ts";
import { eventsObject, siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem } from "../problems.ts";
import { newestConfig } from "../sites.ts";
import { isUpgrade } from "../sockets.ts";
import { body, described, query } from "./described.ts";

/** Stands in an address for the name of what has none. */
const NO_NAME = "_";

const DAY = v.nullable(v.string());
const EVENT = v.object({
  /** As the audit log names it. */
  id: v.string(),
  type: v.string(),
  name: v.string(),
  first: DAY,
  last: DAY,
  total: v.number(),
  expected: v.boolean(),
  hidden: v.boolean(),
  description: v.optional(v.string()),
  properties: v.array(
    v.object({
      key: v.string(),
      types: v.array(v.string()),
      first: DAY,
      last: DAY,
      expected: v.optional(v.object({ type: v.string(), required: v.boolean() })),
    }),
  ),
  violations: v.array(v.object({ kind: v.string(), property: v.string(), count: v.number() })),
});

/** `/api/sites/:site/events`: which events arrive, beside those that are expected; and, live, what arrives. */
export const events = new Hono<Bindings>()
  .get(
    "/:site/events",
    described({
      operationId: "listEvents",
      summary: "Which events arrive, beside those that are expected",
      answer: v.object({ events: v.array(EVENT) }),
    }),
    query(v.object({ hidden: v.optional(v.picklist(["true", "false"], "true or false"), "false") })),
    async (c) => {
      const site = c.req.param("site");
      const known = await listed(c.env, site);
      if (!known) return problem(c, "unknown-site", `Create it with PUT /api/sites/${site}.`);
      const shown = known.filter(({ hidden }) => !hidden || c.req.valid("query").hidden === "true");
      return c.json({ events: await Promise.all(shown.map(withId)) });
    },
  )
  .get(
    "/:site/events/live",
    described({
      operationId: "watchEvents",
      summary: "What arrives, line by line, over a WebSocket",
      answer: "socket",
    }),
    async (c) => {
      if (!isUpgrade(c.req.raw)) return problem(c, "upgrade-required", "Connect with a WebSocket client.");
      const site = c.req.param("site");
      if (!(await callObject(async () => siteObject(c.env, site).site()))) {
        return problem(c, "unknown-site", `Create it with PUT /api/sites/${site}.`);
      }
      const told = watcherRequest(await askerOf(c), c.req.raw);
      try {
        return await callObject(async () => eventsObject(c.env, site).fetch(told));
      } catch {
        return problem(c, "unavailable", "Connect again a little later.");
      }
    },
  )
  .put(
    "/:site/events/:type/:name",
    described({
      operationId: "hideEvent",
      summary: "Hides an event from lists, or shows it again",
      answer: v.object({ id: v.string(), hidden: v.boolean() }),
    }),
    body(v.strictObject({ hidden: v.boolean("true or false") })),
    async (c) => {
      const { site, type, name } = c.req.param();
      const { hidden } = c.req.valid("json");
      const isNamed = NAMED_TYPES.some((named) => named === type) && !(type === "page" && name === NO_NAME);
      const key = eventKey({ type: type as "track", name: isNamed ? name : "" });
      const known = await listed(c.env, site);
      if (!known?.some((one) => keyOf(one) === key)) {
        return problem(c, "not-found", "No such event has arrived in the last 62 days, and none is expected.");
      }
      const id = await idOf(key);
      // The flag and its entry in the log are of one object, so both are written or neither.
      await callObject(async () => siteObject(c.env, site).hideEvent(c.get("actor"), { key, id }, hidden));
      return c.json({ id, hidden });
    },
  );

/** The events of a site; null where there is none. */
async function listed(env: Env, site: string): Promise<ListedEvent[] | null> {
  const [exists, observed, hidden, newest] = await Promise.all([
    callObject(async () => siteObject(env, site).site()),
    callObject(async () => eventsObject(env, site).observed()) as Promise<Observed>,
    callObject(async () => siteObject(env, site).hiddenEvents()) as Promise<Record<string, boolean>>,
    newestConfig(env, site),
  ]);
  return exists && eventList(observed, { catalogue: newest?.config.catalogue, hidden });
}

function keyOf({ type, name }: { type: string; name: string }): string {
  return eventKey({ type: type as "track", name });
}

async function withId<T extends { type: string; name: string }>(event: T): Promise<T & { id: string }> {
  return { id: await idOf(keyOf(event)), ...event };
}

/** What the log calls an event: it holds ids, and no texts. */
async function idOf(key: string): Promise<string> {
  return base64url((await sha256(key)).subarray(0, 9));
}
