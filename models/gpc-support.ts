import { isRecord } from "./touchpoint.ts";

/** What a site says at `/.well-known/gpc.json`: that it heeds Global Privacy Control, and since when it says so. */
export interface GpcSupport {
  gpc: boolean;
  /** UTC day, YYYY-MM-DD. */
  lastUpdate: string;
}

/** What is wrong with an answer for that path, in a sentence, or null: browsers and regulators read it by this form (B21). */
export function gpcSupportFault(contentType: string | null, text: string): string | null {
  if (contentType?.split(";", 1)[0]?.trim().toLowerCase() !== "application/json") {
    return `its Content-Type is ${contentType ?? "missing"}, not application/json`;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is not JSON";
  }
  if (!isRecord(value) || value.gpc !== true) return "it does not say “gpc”: true";
  const { lastUpdate } = value;
  return typeof lastUpdate === "string" && /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(lastUpdate)
    ? null
    : "“lastUpdate” is not a day as 2026-11-28";
}
