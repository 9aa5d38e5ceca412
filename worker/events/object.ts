import { DurableObject } from "cloudflare:workers";
import type { Env } from "../env.ts";

/** One a site: what arrives there, by name, and those who watch it arrive. */
export class EventsObject extends DurableObject<Env> {}
