import { createMiddleware } from "hono/factory";
import type { Bindings } from "../env.ts";
import { sameSecret } from "../keys.ts";
import { problem } from "../problems.ts";

/** Lets those pass who have the admin token. */
export const onlyAdmins = createMiddleware<Bindings>(async (c, next) => {
  const token = c.req.header("Authorization")?.match(/^Bearer (.+)$/)?.[1];
  if (token === undefined || !(await sameSecret(token, c.env.ADMIN_TOKEN))) {
    return problem(c, "unauthorised", "Send “Authorization: Bearer …” with the admin token.");
  }
  await next();
});
