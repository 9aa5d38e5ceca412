import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
export const siteHealth = new Hono<Bindings>();
