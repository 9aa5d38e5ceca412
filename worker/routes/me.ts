import type { Context } from "hono";
import { csvOf } from "../../models/known-rows.ts";
import { negotiateLanguage } from "../../models/language.ts";
import { textIn } from "../../models/publish-consent.ts";
import { LANGUAGES } from "../../models/texts/languages.ts";
import { isRecord, type Props } from "../../models/touchpoint.ts";
import { forgetCookie } from "../cookie.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { receiptsOf } from "../ledger/receipts.ts";
import { journeyObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { refused, tooMany, unavailable } from "../problems.ts";
import { erase } from "../rights/erase.ts";
import { knownOf } from "../rights/known.ts";
import { objectTo } from "../rights/object.ts";
import { knownPage } from "../rights/page.ts";
import { rowsOf } from "../rights/rows.ts";
import { publicKeys } from "../rights/sign.ts";
import { nothingErased, standingOf } from "../rights/standing.ts";
import { journeysOf, type Subject, subjectOf } from "../rights/subject.ts";
import { siteCall } from "../sites.ts";
import { wordsFor } from "../words.ts";
import { readBody } from "./body.ts";
import { corsHeaders } from "./origins.ts";

const BYTES_MAX = 16 * 1024;
const TRAITS_MAX = 50;
const PREFLIGHT_MAX_AGE_S = "600";

/**
 * `/v1/me`: what visitors may ask of their own data. Every call proves who asks: the browser by its secret, a user by a
 * proof of the site's server.
 */
export const me = new Hono<Bindings>()
  // The header with the proof is not one that a browser sends to another host unasked. Says nothing of anybody.
  .use(async (c, next) => {
    if (c.req.method !== "OPTIONS") return next();
    const headers = {
      ...corsHeaders(c),
      "Access-Control-Allow-Methods": "GET, POST, DELETE",
      "Access-Control-Allow-Headers": "Authorization",
      "Access-Control-Max-Age": PREFLIGHT_MAX_AGE_S,
    };
    return c.body(null, 204, headers);
  })
  .get("/receipt-keys", async (c) => c.json(await publicKeys(c.env), 200, { "Cache-Control": "no-store" }))
  .get("/", (c) =>
    asked(c, async (subject) => {
      const known = await knownOf(c.env, subject);
      if (!c.req.header("Accept")?.includes("text/html")) return c.json(known);
      const language = negotiateLanguage(c.req.header("Accept-Language") ?? null, LANGUAGES);
      c.header("Content-Language", language);
      c.header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
      c.header("Vary", "Origin, Accept, Accept-Language");
      const { visitor: ours, known: text } = await wordsFor(c.env, language);
      const { names } = textIn(subject.newest.config.consent, { language, ours });
      return c.html(knownPage(known, { language, text, names }));
    }),
  )
  .get("/export", (c) =>
    asked(c, async (subject) => {
      const isCsv = c.req.query("format") === "csv";
      const known = await knownOf(c.env, subject);
      c.header("Content-Disposition", `attachment; filename="what-is-known.${isCsv ? "csv" : "json"}"`);
      if (!isCsv) return c.json(known);
      return c.body(csvOf(rowsOf(known)), 200, { "Content-Type": "text/csv; charset=utf-8" });
    }),
  )
  .get("/receipts", (c) =>
    asked(c, async ({ site, newest, visitor }) => c.json({ receipts: await receiptsOf(c.env, site, newest, visitor) })),
  )
  .delete("/", (c) =>
    asked(c, (subject) => {
      const done = async (erasure: ReturnType<typeof erase>) => {
        const erased = await erasure;
        forgetCookie(c, subject, true);
        return erased;
      };
      return ofKnown(
        c,
        subject,
        () => done(erase(c.env, subject)),
        () => done(nothingErased(c.env, subject)),
      );
    }),
  )
  .post("/object", (c) =>
    asked(c, async (subject) => {
      const profiling = (await bodyOf(c))?.profiling;
      if (typeof profiling !== "boolean") return refused(c, wrong("profiling", "true or false: to object, or not"));
      return ofKnown(c, subject, async () => {
        return (await objectTo(c, subject, profiling)) ? { objects: profiling } : { kept: false };
      });
    }),
  )
  .post("/restrict", (c) =>
    asked(c, async (subject) => {
      const restricted = (await bodyOf(c))?.restricted;
      if (typeof restricted !== "boolean") return refused(c, wrong("restricted", "true or false"));
      return ofKnown(c, subject, async () => {
        const { site, newest } = subject;
        const [main, ...others] = (await journeysOf(c.env, subject)).map(({ visitor }) => visitor);
        for (const visitor of others) {
          await callObject(async () => journeyObject(c.env, site.id, visitor).restrict(restricted));
        }
        // The next batch goes there, be it the first.
        const visitor = main ?? subject.visitor;
        const call = { site: siteCall(site), visitor, config: newest.version };
        const isDone = await callObject(async () => journeyObject(c.env, site.id, visitor).restrict(restricted, call));
        return isDone ? { restricted } : { kept: false };
      });
    }),
  )
  .post("/correct", (c) =>
    asked(c, async (subject) => {
      const traits = traitsIn(await bodyOf(c));
      if (!traits) return refused(c, wrong("traits", "an object of texts, numbers, true, false or null"));
      return ofKnown(c, subject, async () => {
        const [main] = await journeysOf(c.env, subject);
        const { site, newest } = subject;
        const visitor = main?.visitor ?? subject.visitor;
        const call = { site: siteCall(site), visitor, config: newest.version };
        await callObject(async () => journeyObject(c.env, site.id, visitor).correct(call, traits));
        const [after] = await journeysOf(c.env, subject);
        return { traits: after?.kept.state.traits?.values ?? {} };
      });
    }),
  )
  .post("/separate", (c) =>
    asked(c, async ({ site, newest, visitor }) => {
      if (!(await bodyOf(c))) return refused(c, wrong("", "a JSON object"));
      const call = { site: siteCall(site), visitor, config: newest.version };
      const separated = await callObject(async () => journeyObject(c.env, site.id, visitor).moveBack(call));
      return c.json({ separated });
    }),
  );

/** Answers who has proven to be somebody, to nobody else; never from a cache. */
async function asked(c: Context<Bindings>, answer: (subject: Subject) => Promise<Response>): Promise<Response> {
  const subject = await subjectOf(c);
  if (subject instanceof Response) return subject;
  for (const [name, value] of Object.entries(corsHeaders(c))) c.header(name, value);
  c.header("Cache-Control", "no-store");
  try {
    return await answer(subject);
  } catch (error) {
    return unavailable(c, error, "It is not done, or not all of it: ask again.");
  }
}

/** Does what somebody asks of whom something is kept; of a stranger nothing is, and nothing comes to be by asking. */
async function ofKnown(
  c: Context<Bindings>,
  subject: Subject,
  act: () => Promise<object>,
  nothing: () => Promise<object> | object = () => ({ kept: false }),
): Promise<Response> {
  const { isKnown, waitMs } = await standingOf(c.env, subject);
  if (waitMs > 0) return tooMany(c, waitMs);
  return c.json(await (isKnown ? act : nothing)());
}

async function bodyOf(c: Context): Promise<Record<string, unknown> | null> {
  const body = await readBody(c, BYTES_MAX);
  return body.ok && isRecord(body.value) ? body.value : null;
}

function traitsIn(body: Record<string, unknown> | null): Props | null {
  const traits = body?.traits;
  if (!isRecord(traits)) return null;
  const entries = Object.entries(traits);
  const isScalar = (value: unknown) => value === null || ["string", "number", "boolean"].includes(typeof value);
  return entries.length <= TRAITS_MAX && entries.every(([, value]) => isScalar(value)) ? (traits as Props) : null;
}

function wrong(field: string, bound: string) {
  return { ok: false, reason: "malformed", field, bound } as const;
}
