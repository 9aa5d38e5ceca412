import type { Context } from "hono";
import * as v from "valibot";
import type { AuditHead } from "../audit/log.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { accountsObject, siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { described, query } from "./described.ts";

const PAGE_MAX = 1_000;
const WHOLE = v.pipe(v.string(), v.regex(/^\d{1,9}$/, "a whole number"), v.transform(Number));

const PAGE = v.object({
  after: v.optional(WHOLE, "0"),
  limit: v.optional(v.pipe(WHOLE, v.minValue(1, "1 at least"), v.maxValue(PAGE_MAX, `at most ${PAGE_MAX}`)), "500"),
});

const LINES = {
  answer: { media: "application/x-ndjson" },
  answerHeaders: {
    "Waypost-Next": "What to ask for next as “after”; absent at the end",
    "Waypost-Head": "Number and hash of the last entry",
  },
};

/** `GET /api/sites/:site/audit`: the log of changes, a line each, byte for byte as it was written. */
export const audit = new Hono<Bindings>().get(
  "/:site/audit",
  described({ operationId: "readAudit", summary: "Reads the log of changes, oldest first", ...LINES }),
  query(PAGE),
  async (c) => {
    const { after, limit } = c.req.valid("query");
    const id = c.req.param("site");
    const page = await callObject(async () => siteObject(c.env, id).auditPage(after, limit));
    return answerPage(c, page, { after, limit });
  },
);

/** `GET /api/audit`: the log of the accounts, in the same form: of sign-ins, passkeys and approvals. */
export const accountsAudit = new Hono<Bindings>().get(
  "/",
  described({
    operationId: "readAccountsAudit",
    summary: "Reads the log of sign-ins and passkeys, oldest first",
    ...LINES,
  }),
  query(PAGE),
  async (c) => {
    const { after, limit } = c.req.valid("query");
    const page = await callObject(async () => accountsObject(c.env).auditPage(after, limit));
    return answerPage(c, page, { after, limit });
  },
);

interface Page {
  entries: string[];
  head: AuditHead;
}

function answerPage(c: Context, { entries, head }: Page, { after, limit }: { after: number; limit: number }): Response {
  const next = entries.length === limit ? { "Waypost-Next": String(after + limit) } : {};
  const lines = entries.map((entry) => `${entry}\n`).join("");
  const headers = {
    "Content-Type": "application/x-ndjson; charset=utf-8",
    "Waypost-Head": `${head.no} ${head.hash}`,
    ...next,
  };
  return c.body(lines, 200, headers);
}
