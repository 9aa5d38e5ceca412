import { type Choice, readChoice } from "../models/consent.ts";
import { DATABASE } from "./database-name.ts";
import { randomId } from "./random-id.ts";

const CHOICE_KEY = "waypost.choice";
export const SECRET_KEY = "waypost.secret";

/** Held where the browser refuses storage: then a choice holds for the page, and so does the secret (B6). */
const memory = new Map<string, string>();

function get(key: string): string | null {
  try {
    // What was refused last is newer than what is stored.
    return memory.get(key) ?? localStorage.getItem(key);
  } catch {
    // refused: private mode, blocked cookies, a sandboxed frame
    return null;
  }
}

function set(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
    memory.delete(key);
  } catch {
    memory.set(key, value);
  }
}

export function storedChoice(): Choice | null {
  try {
    return readChoice(JSON.parse(get(CHOICE_KEY) ?? "null"));
  } catch {
    return null;
  }
}

export function storeChoice(choice: Choice): void {
  set(CHOICE_KEY, JSON.stringify(choice));
}

export function storedSecret(): string | null {
  return get(SECRET_KEY);
}

/**
 * The secret, made where there is none. The first writer wins: a tab that wrote at the same time is read back. What an
 * earlier visitor of this browser left in the database goes first, because it belongs to another secret.
 */
export function ensureSecret(): string {
  const found = storedSecret();
  if (found) return found;
  deleteDatabase();
  const made = randomId(16);
  storeSecret(made);
  return storedSecret() ?? made;
}

export function storeSecret(secret: string): void {
  set(SECRET_KEY, secret);
}

/** Whether the secret outlives this page. */
export function isDurable(): boolean {
  return !memory.has(SECRET_KEY);
}

/** Leaves `waypost.choice` alone: secret, outbox, feature state and person token go. */
export function forgetVisitor(): void {
  memory.delete(SECRET_KEY);
  try {
    localStorage.removeItem(SECRET_KEY);
  } catch {
    // refused: then it was never there
  }
  deleteDatabase();
}

function deleteDatabase(): void {
  try {
    indexedDB.deleteDatabase(DATABASE);
  } catch {
    // refused: then it was never there
  }
}
