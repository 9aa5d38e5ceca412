import * as v from "valibot";
import { accessSubject, hasAccess } from "../access/cloudflare-access.ts";
import { fromConsole } from "../access/console-host.ts";
import { answerEntered, enter } from "../access/entering.ts";
import { federatedKey } from "../accounts/people.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { problem } from "../problems.ts";
import { body, described } from "./described.ts";
import { FOLLOWING, followed } from "./following.ts";

/** What Access puts before a request that it lets through. Its cookie is the browser's copy, and proves nothing here. */
const ASSERTION = "Cf-Access-Jwt-Assertion";
const REFUSED = "Cloudflare Access has not said who you are, or not for this console. Load the page anew.";

/** `POST /api/sign-in/access`: by what Cloudflare Access, before the console, says of who asks. */
export const signInAccess = new Hono<Bindings>().post(
  "/",
  described({
    operationId: "signInWithAccess",
    summary: "Signs in as whom Cloudflare Access says",
    answer: v.object({ account: v.string() }),
    headers: { "Cf-Access-Jwt-Assertion": "What Access says of who asks, signed" },
    open: true,
  }),
  fromConsole,
  body(FOLLOWING),
  async (c) => {
    if (!hasAccess(c.env)) return problem(c, "not-found", "Cloudflare Access is not set: see DEPLOY.md.");
    const following = await followed(c, c.req.valid("json"));
    if (following instanceof Response) return following;
    const subject = await accessSubject(c.env, c.req.header(ASSERTION));
    if (!subject) return problem(c, "sign-in-refused", REFUSED);
    const key = federatedKey(subject.issuer, subject.subject);
    return answerEntered(c, await enter(c, { kind: "access", key }, following));
  },
);
