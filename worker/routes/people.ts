import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
export const people = new Hono<Bindings>();
