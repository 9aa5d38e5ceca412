import * as v from "valibot";
import { hasAccess } from "../access/cloudflare-access.ts";
import { fromConsole } from "../access/console-host.ts";
import { hasOidc } from "../access/oidc.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { described } from "./described.ts";

/** `GET /api/sign-in`: the ways in that this deployment offers. */
export const signIn = new Hono<Bindings>().get(
  "/",
  described({
    operationId: "readSignIn",
    summary: "The ways in that are offered",
    answer: v.object({ passkey: v.boolean(), oidc: v.boolean(), access: v.boolean() }),
    open: true,
  }),
  fromConsole,
  (c) => c.json({ passkey: true, oidc: hasOidc(c.env), access: hasAccess(c.env) }),
);
