import { HonoBase } from "hono/hono-base";
import { RegExpRouter } from "hono/router/reg-exp-router";
import type { BlankEnv, BlankSchema, Env, Schema } from "hono/types";

/**
 * Hono with its quickest router alone. Its own preset brings a second one, for patterns that this one refuses: we have
 * none, and a new one that were refused would fail every test of routes.
 */
export class Hono<
  E extends Env = BlankEnv,
  S extends Schema = BlankSchema,
  BasePath extends string = "/",
> extends HonoBase<E, S, BasePath> {
  constructor() {
    super();
    this.router = new RegExpRouter();
  }
}
