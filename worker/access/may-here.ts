import type { Context } from "hono";
import { type Action, may } from "../../models/access.ts";
import type { Bindings } from "../env.ts";

/** Whether whoever asks may do this too, beside what their route needs: by their role, and their token's scopes. */
export function mayHere(c: Context<Bindings>, action: Action): boolean {
  return may(c.get("role"), action) && (c.get("scopes")?.includes(action) ?? true);
}
