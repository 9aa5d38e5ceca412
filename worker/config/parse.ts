import * as v from "valibot";
import { configFault } from "../../models/config-faults.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import type { VisitorText } from "../../models/texts/visitor-text.ts";
import { isRecord, type Parsed, refuse } from "../../models/touchpoint.ts";
import { wordsSchema } from "./consent.ts";
import { siteConfigSchema } from "./site-config.ts";

interface Schemas {
  config: ReturnType<typeof siteConfigSchema>;
  /** A part of the words, of which the whole holds several. */
  words: ReturnType<typeof wordsSchema<VisitorText>>;
}

/** Made once for each set of words, of which an isolate has one. */
const made = new WeakMap<VisitorText, Schemas>();

/** The schema of a whole configuration. `english`: our own words, which say what words there are. */
export function schemasFor(english: VisitorText): Schemas {
  const known = made.get(english);
  if (known) return known;
  const words = wordsSchema(english);
  const schemas = { words, config: siteConfigSchema(words) };
  made.set(english, schemas);
  return schemas;
}

/**
 * Reads an untrusted site configuration. Refused whole at the first field that breaks its bound: nothing is half-applied.
 * `$schema`, by which an editor checks a file, is left out.
 */
export function parseSiteConfig(value: unknown, english: VisitorText): Parsed<SiteConfig> {
  const { $schema: _, ...given } = isRecord(value) ? value : {};
  const read = v.safeParse(schemasFor(english).config, isRecord(value) ? given : value, { abortEarly: true });
  if (!read.success) {
    const { path, bound } = innermost(read.issues[0]);
    return refuse("malformed", path.join("."), bound);
  }
  const { identity, segments = [], traits = [], ...rest } = read.output;
  const config = { ...rest, ...(identity ? { identity: bare(identity) } : {}), segments, traits };
  return configFault(config, english) ?? { ok: true, value: config };
}

/** An empty list of hosts is none. */
function bare({ domains, ...identity }: NonNullable<SiteConfig["identity"]>): NonNullable<SiteConfig["identity"]> {
  return domains?.length ? { ...identity, domains } : identity;
}

/** Of something that may be of several forms, the fault that lies deepest: in the form that was meant. */
function innermost(issue: v.BaseIssue<unknown>): { path: string[]; bound: string } {
  const own = (issue.path ?? []).map(({ key }) => String(key));
  const inner = (issue.issues ?? []).map(innermost).filter(({ path }) => path.length > 0);
  const [deepest] = inner.sort((a, b) => b.path.length - a.path.length);
  return deepest ? { path: [...own, ...deepest.path], bound: deepest.bound } : { path: own, bound: issue.message };
}
