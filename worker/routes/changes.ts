import type { Context } from "hono";
import * as v from "valibot";
import type { Change } from "../../models/change.ts";
import { configDiff } from "../../models/config-diff.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import { AT_MAX, type Refusal } from "../../models/touchpoint.ts";
import { parseSiteConfig } from "../config/parse.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { siteObject } from "../objects.ts";
import { callObject, callOnce } from "../platform-errors.ts";
import { type ProblemName, problem, refused } from "../problems.ts";
import type { ChangeAnswer, ChangeRefusal, PlainRefusal } from "../site/change-answer.ts";
import { CHANGES_LISTED, type ChangePage } from "../site/changes.ts";
import { configVersion, forgetNewest } from "../sites.ts";
import { wordsFor } from "../words.ts";
import { body, described, query } from "./described.ts";
import { fieldProblem } from "./field-problem.ts";
import { CONFIG_BYTES_MAX } from "./sites.ts";

const TITLE_MAX = 200;
const TITLE = v.pipe(
  v.string("a text"),
  v.regex(/\S/, "a text"),
  v.maxLength(TITLE_MAX, `at most ${TITLE_MAX} characters`),
);
const VERSION = v.pipe(v.number("a version"), v.integer("a version"), v.minValue(0, "a version"));
const CONFIG = v.pipe(v.unknown(), v.description("As GET /api/schemas/site-config.json has it."));
const TIME = v.pipe(
  v.number("whole milliseconds since 1970"),
  v.integer("whole milliseconds since 1970"),
  v.maxValue(AT_MAX, "whole milliseconds since 1970"),
);

const PLACE_BOUND = "“next” of the page before";
const PLACE = v.pipe(
  v.string(PLACE_BOUND),
  v.regex(/^\d{1,16}\.[\w-]{1,64}$/, PLACE_BOUND),
  v.transform((text): [number, string] => [Number(text.split(".")[0]), text.split(".")[1] as string]),
);
const LIMIT_BOUND = `a whole number from 1 to ${CHANGES_LISTED}`;
const LIMIT = v.pipe(
  v.string(LIMIT_BOUND),
  v.regex(/^\d{1,4}$/, LIMIT_BOUND),
  v.transform(Number),
  v.minValue(1, LIMIT_BOUND),
  v.maxValue(CHANGES_LISTED, LIMIT_BOUND),
);

const CHANGE = v.object({
  id: v.string(),
  title: v.string(),
  author: v.string(),
  base: v.number(),
  digest: v.string(),
  state: v.picklist(["draft", "in-review", "approved", "live", "withdrawn", "superseded"]),
  approvals: v.array(v.object({ who: v.string(), at: v.number() })),
  createdAt: v.number(),
  scheduledFor: v.optional(v.number()),
  version: v.optional(v.number()),
});
const ANSWER = v.object({ change: CHANGE, version: v.optional(v.number()) });
const SEEN = { "If-Match": "The digest of the change that is meant, in quotes" };
const DIFFERENCE = v.object({
  path: v.string(),
  kind: v.picklist(["added", "removed", "changed"]),
  before: v.optional(v.unknown()),
  after: v.optional(v.unknown()),
  at: v.optional(v.number()),
});
export const DIFF = v.array(DIFFERENCE);

/** `/api/sites/:site/changes`: what somebody wants to be in force, and what becomes of it. */
export const changes = new Hono<Bindings>()
  .post(
    "/:site/changes",
    described({ operationId: "proposeChange", summary: "Proposes a configuration", answer: ANSWER, status: 201 }),
    body(
      v.strictObject({ title: TITLE, config: CONFIG, base: VERSION, submit: v.optional(v.boolean("true or false")) }),
      CONFIG_BYTES_MAX,
    ),
    async (c) => {
      const { title, config, base, submit = false } = c.req.valid("json");
      const checked = await checkedConfig(c, config);
      if (checked instanceof Response) return checked;
      const id = c.req.param("site");
      const proposal = { title, config: checked, base };
      return answered(
        c,
        await callOnce(async (call) => siteObject(c.env, id).propose(c.get("actor"), proposal, { submit, call })),
        201,
      );
    },
  )
  .get(
    "/:site/changes",
    described({
      operationId: "listChanges",
      summary: "Lists changes, the last first, some at a time",
      answer: v.object({ changes: v.array(CHANGE), next: v.nullable(v.string()) }),
    }),
    query(v.object({ after: v.optional(PLACE), limit: v.optional(LIMIT, String(CHANGES_LISTED)) })),
    async (c) => {
      const id = c.req.param("site");
      const { after = null, limit } = c.req.valid("query");
      const page = (await callObject(async () => siteObject(c.env, id).changes({ after, limit }))) as ChangePage;
      return c.json({ changes: page.changes.map(shown), next: page.next?.join(".") ?? null });
    },
  )
  .get(
    "/:site/changes/:id",
    described({
      operationId: "readChange",
      summary: "Reads a change, its configuration, and how that differs from the version it is to replace",
      answer: v.object({ change: CHANGE, config: CONFIG, diff: DIFF }),
    }),
    async (c) => {
      const { site, id } = c.req.param();
      const found = (await callObject(async () => siteObject(c.env, site).change(id))) as {
        change: Change;
        config: SiteConfig | null;
      } | null;
      if (!found) return problem(c, "not-found", "The site has no such change.");
      const { change } = found;
      const of = async (version: number) =>
        version > 0 ? (await configVersion(c.env, site, version))?.config : undefined;
      const config = found.config ?? (await of(change.version ?? 0)) ?? null;
      const diff = config ? configDiff((await of(change.base)) ?? {}, config) : [];
      return c.json({ change: shown(change), config, diff });
    },
  )
  .put(
    "/:site/changes/:id",
    described({
      operationId: "editChange",
      summary: "Gives a change another title, configuration or base; it is a draft again, and its approvals are gone",
      answer: ANSWER,
    }),
    body(v.strictObject({ title: v.optional(TITLE), config: CONFIG, base: v.optional(VERSION) }), CONFIG_BYTES_MAX),
    async (c) => {
      const { config, title, base } = c.req.valid("json");
      const checked = await checkedConfig(c, config);
      if (checked instanceof Response) return checked;
      const { site, id } = c.req.param();
      const edit = {
        config: checked,
        ...(title === undefined ? {} : { title }),
        ...(base === undefined ? {} : { base }),
      };
      return answered(
        c,
        await callOnce(async (call) => siteObject(c.env, site).editChange(c.get("actor"), id, edit, call)),
      );
    },
  )
  .post(
    "/:site/changes/:id/submit",
    described({ operationId: "submitChange", summary: "Asks for approvals", answer: ANSWER, headers: SEEN }),
    (c) => move(c, "submit"),
  )
  .post(
    "/:site/changes/:id/approve",
    described({ operationId: "approveChange", summary: "Agrees to a change", answer: ANSWER, headers: SEEN }),
    (c) => move(c, "approve"),
  )
  .post(
    "/:site/changes/:id/reject",
    described({
      operationId: "rejectChange",
      summary: "Sends a change back: it is a draft again",
      answer: ANSWER,
      headers: SEEN,
    }),
    (c) => move(c, "reject"),
  )
  .post(
    "/:site/changes/:id/withdraw",
    described({
      operationId: "withdrawChange",
      summary: "Takes a change back for good",
      answer: ANSWER,
      headers: SEEN,
    }),
    (c) => move(c, "withdraw"),
  )
  .post(
    "/:site/changes/:id/publish",
    described({
      operationId: "publishChange",
      summary: "Puts a change in force, now or at a time",
      answer: ANSWER,
      headers: SEEN,
    }),
    body(v.strictObject({ at: v.optional(TIME) })),
    async (c) => {
      const { at = null } = c.req.valid("json");
      if (at !== null && at <= Date.now()) {
        return refused(c, { ok: false, reason: "out-of-range", field: "at", bound: "a time that is still to come" });
      }
      const { site, id } = c.req.param();
      const seen = seenDigest(c);
      if (seen instanceof Response) return seen;
      const answer = await callOnce(async (call) =>
        siteObject(c.env, site).publishChange(c.get("actor"), id, { at, seen, call }),
      );
      return answered(c, answer as ChangeAnswer);
    },
  );

async function move(c: Context<Bindings>, step: "submit" | "approve" | "reject" | "withdraw"): Promise<Response> {
  const { site = "", id = "" } = c.req.param() as Record<string, string>;
  const seen = seenDigest(c);
  if (seen instanceof Response) return seen;
  const answer = await callOnce(async (call) =>
    siteObject(c.env, site).moveChange(c.get("actor"), id, step, { seen, call }),
  );
  return answered(c, answer as ChangeAnswer);
}

/** The digest of what somebody has seen of a change, who means nothing else; null where they do not say. */
function seenDigest(c: Context<Bindings>): string | null | Response {
  const header = c.req.header("If-Match");
  if (header === undefined || header === "*") return null;
  const digest = /^"([\w-]{43})"$/.exec(header)?.[1];
  const bound = "the digest of the change, in quotes";
  return digest ?? refused(c, { ok: false, reason: "malformed", field: "If-Match", bound });
}

/** A proposed configuration, or the answer that says what is wrong with it. */
async function checkedConfig(c: Context<Bindings>, config: unknown): Promise<SiteConfig | Response> {
  const parsed = parseSiteConfig(config, (await wordsFor(c.env, "en")).visitor);
  if (parsed.ok) return parsed.value;
  return refused(c, inConfig(parsed));
}

function answered(c: Context<Bindings>, answer: ChangeAnswer, status: 200 | 201 = 200): Response {
  if ("refused" in answer) return changeProblem(c, answer.refused);
  const { change, version } = answer;
  if (version !== undefined) forgetNewest(c.req.param("site") ?? "");
  return c.json({ change: shown(change), ...(version === undefined ? {} : { version }) }, status);
}

/** A change without whom a token belongs to: the list of tokens says that to those who may read it. */
function shown({ person: _, approvals, ...change }: Change) {
  return { ...change, approvals: approvals.map(({ who, at }) => ({ who, at })) };
}

/** Why nothing was done. */
function changeProblem(c: Context<Bindings>, refusal: ChangeRefusal): Response {
  switch (refusal.why) {
    case "field":
      return fieldProblem(c, refusal);
    case "invalid":
      return refused(c, inConfig({ ok: false, reason: "malformed", field: refusal.field, bound: refusal.bound }));
    default: {
      const [name, detail] = told(refusal);
      return problem(c, name, detail);
    }
  }
}

/** What is wrong within `config` of a body. */
function inConfig(refusal: Refusal): Refusal {
  return { ...refusal, field: refusal.field === "" ? "config" : `config.${refusal.field}` };
}

function told(refusal: PlainRefusal): [ProblemName, string] {
  switch (refusal.why) {
    case "no-site":
      return ["unknown-site", "There is no such site."];
    case "unknown":
      return ["not-found", "The site has no such change."];
    case "edited":
      return ["version-changed", "The change was edited since: read it again."];
    case "full":
      return ["too-many-changes", `${refusal.max} are open: publish or withdraw some.`];
    case "state":
      return ["change-state", `The change is ${refusal.state}.`];
    case "author":
      return [
        "forbidden",
        "Only its author edits a change, and withdraws it, or who may “config.govern”; with separate duties, its author does not approve it.",
      ];
    case "installation":
      return [
        "forbidden",
        "With separate duties the installation's token approves nothing: who holds it may be the author.",
      ];
    case "conflict":
      return [
        "version-changed",
        `The change was made over version ${refusal.base}, and ${refusal.inForce} is in force.`,
      ];
    case "approvals":
      return ["not-approved", `${refusal.given} of ${refusal.needed} approvals are there.`];
  }
}
