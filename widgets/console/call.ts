import type { Problem } from "../../models/wire.ts";

/** What a route answered, or why it did not. */
export type Answer<T> = { ok: true; value: T } | { ok: false; problem: string; detail: string };

const AWAY = "The console could not be reached. Look at your connection, then try again.";

/** Asks the console's own API, as whoever has signed in. Rejects never. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
  try {
    const response = await fetch(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const answer: unknown = await response.json();
    if (response.ok) return { ok: true, value: answer as T };
    const { type, title, detail } = answer as Problem;
    return { ok: false, problem: type.split("/").at(-1) ?? "", detail: `${title}. ${detail}` };
  } catch {
    return { ok: false, problem: "unreachable", detail: AWAY };
  }
}
