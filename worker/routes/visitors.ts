import * as v from "valibot";
import { isVisitorId } from "../../models/identity.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { tombstoneName } from "../keys.ts";
import { journeyObject, siteObject } from "../objects.ts";
import { callObject, callOnce } from "../platform-errors.ts";
import { problem, refused } from "../problems.ts";
import { newestConfig, type Site, siteCall } from "../sites.ts";
import { readBody } from "./body.ts";
import { described } from "./described.ts";

const BYTES_MAX = 1_024;

const SEPARATED = v.object({ separated: v.boolean() });

/** `/api/sites/:site/visitors/*`: what an owner puts right. Says nothing of anybody. */
export const visitors = new Hono<Bindings>()
  // A browser was joined with a user who is somebody else: the site's own proof was wrong, or a shared machine's.
  .post(
    "/:site/visitors/:visitor/separate",
    described({
      operationId: "separateVisitor",
      summary: "Takes a browser out of a user’s journey again",
      answer: SEPARATED,
      reads: v.object({}),
    }),
    async (c) => {
      const { site: id, visitor } = c.req.param();
      if (!isVisitorId(visitor)) {
        return refused(c, { ok: false, reason: "malformed", field: "visitor", bound: "43 characters of base64url" });
      }
      const body = await readBody(c, BYTES_MAX);
      if (!body.ok) return refused(c, { ok: false, reason: "malformed", field: "", bound: "a JSON object" });
      const site = (await callObject(async () => siteObject(c.env, id).site())) as Site | null;
      if (!site) return problem(c, "unknown-site", `Create it with PUT /api/sites/${id}.`);
      const newest = await newestConfig(c.env, id);
      if (!newest) return problem(c, "no-configuration", `Put one with PUT /api/sites/${id}/config.`);
      const call = { site: siteCall(site), visitor, config: newest.version };
      // First: a separation that nobody can be asked about would be worse than an entry about one that failed.
      const change = {
        action: "person.separate",
        subject: await tombstoneName(c.env, visitor),
        before: null,
        after: null,
      };
      await callOnce(async (call) => siteObject(c.env, id).note(c.get("actor"), change, call));
      const separated = await callObject(async () => journeyObject(c.env, id, visitor).moveBack(call));
      return c.json({ separated }, 200, { "Cache-Control": "no-store" });
    },
  );
