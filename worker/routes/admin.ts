import { createMiddleware } from "hono/factory";
import { isSiteId } from "../../models/read-field.ts";
import type { Bindings } from "../env.ts";
import { sameSecret } from "../keys.ts";
import { problem } from "../problems.ts";

/** Lets those pass who have the admin token. Which site they ask for may be logged then. */
export const onlyAdmins = createMiddleware<Bindings>(async (c, next) => {
  const token = c.req.header("Authorization")?.match(/^Bearer (.+)$/)?.[1];
  if (token === undefined || !(await sameSecret(token, c.env.ADMIN_TOKEN))) {
    return problem(c, "unauthorised", "Send “Authorization: Bearer …” with the admin token.");
  }
  const id = c.req.path.split("/sites/")[1]?.split("/")[0] ?? "";
  if (isSiteId(id)) c.set("site", id);
  await next();
});
