import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { visitor } from "../../models/texts/en.ts";
import { parseSiteConfig } from "../../worker/config/parse.ts";
import type { Env } from "../../worker/env.ts";
import app from "../../worker/index.ts";
import { adviceOn, callObject, shouldGiveUp, shouldRetryLater, shouldRetryNow } from "../../worker/platform-errors.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const ORIGIN = "https://shop.example";

const platformError = (message: string, properties: object = {}) => Object.assign(new Error(message), properties);

/** The shapes that the platform documents, with what its pages say a caller should do. */
const RETRY_NOW = [
  platformError("Network connection lost.", { retryable: true }),
  platformError("Network connection lost."),
  platformError("Cannot resolve Durable Object due to transient issue on remote node.", { retryable: true }),
  platformError("Durable Object reset because its code was updated.", { remote: true, durableObjectReset: true }),
  platformError("aborted", { remote: true, durableObjectReset: true }),
  platformError("Internal error while starting up Durable Object storage caused object to be reset."),
  platformError("Durable Object storage operation exceeded timeout which caused object to be reset."),
];
const RETRY_LATER = [
  platformError("Durable Object is overloaded. Too many requests queued.", { overloaded: true }),
  platformError("Durable Object is overloaded. Requests queued for too long.", { overloaded: true, remote: true }),
  platformError("Durable Object is overloaded. Too much data queued.", { overloaded: true, retryable: true }),
  platformError("Durable Object is overloaded. Too many requests for the same object within a 10 second window."),
  platformError("Your account is generating too much load on Durable Objects. Please back off and try again later."),
];
const GIVE_UP = [
  new TypeError("Cannot read properties of undefined (reading 'streams')"),
  platformError("anything", { remote: true }),
  platformError("no", { retryable: false, overloaded: false }),
  new TypeError("Network connection lost."),
  platformError("They told us: Network connection lost."),
  "Network connection lost.",
  null,
  undefined,
];

const titleOf = (error: unknown) => ({ title: String(error), error });

test.each(RETRY_NOW.map(titleOf))("U21 the caller tries again at once: $title", ({ error }) => {
  expect([shouldRetryNow(error), shouldRetryLater(error), shouldGiveUp(error)]).toEqual([true, false, false]);
  expect(adviceOn(error)).toBe("retry-now");
});

test.each(RETRY_LATER.map(titleOf))("U21 the caller is sent away for a while: $title", ({ error }) => {
  expect([shouldRetryNow(error), shouldRetryLater(error), shouldGiveUp(error)]).toEqual([false, true, false]);
  expect(adviceOn(error)).toBe("retry-later");
});

test.each(GIVE_UP.map(titleOf))("U21 the caller gives up: $title", ({ error }) => {
  expect([shouldRetryNow(error), shouldRetryLater(error), shouldGiveUp(error)]).toEqual([false, false, true]);
  expect(adviceOn(error)).toBe("give-up");
});

/** Calls something that fails with these errors in turn, and then succeeds; dice always show `random`. */
async function calling(errors: unknown[], random = 0.5) {
  const waits: number[] = [];
  let calls = 0;
  const call = async () => {
    if (calls++ < errors.length) throw errors[calls - 1];
    return "answered";
  };
  const wait = async (ms: number) => void waits.push(ms);
  const outcome = await callObject(call, { random: () => random, wait }).catch((error: unknown) => error);
  return { outcome, calls, waits };
}

test("U22 a call is tried at most three times, after waits of full jitter below 100 and 200 ms", async () => {
  const [lost] = RETRY_NOW;
  expect(await calling([lost])).toEqual({ outcome: "answered", calls: 2, waits: [50] });
  expect(await calling([lost, lost])).toEqual({ outcome: "answered", calls: 3, waits: [50, 100] });
  expect(await calling([lost, lost, lost])).toEqual({ outcome: lost, calls: 3, waits: [50, 100] });
  expect((await calling([lost, lost], 0)).waits).toEqual([0, 0]);
  expect((await calling([lost, lost], 0.999)).waits).toEqual([99.9, 199.8]);
});

test("U22 what is overloaded and what is a bug is tried once, also where it comes second", async () => {
  const [lost] = RETRY_NOW;
  for (const error of [RETRY_LATER[0], RETRY_LATER[2], GIVE_UP[0], GIVE_UP[1]]) {
    expect(await calling([error])).toEqual({ outcome: error, calls: 1, waits: [] });
    expect(await calling([lost, error])).toEqual({ outcome: error, calls: 2, waits: [50] });
  }
});

/** The edge with journeys that fail with these errors in turn: infrastructure errors do not occur on one machine. */
function failing(errors: unknown[]) {
  let stubs = 0;
  const used = new Set<number>();
  const JOURNEY = {
    getByName: (name: string) => {
      const own = stubs++;
      return {
        collect: async (call: never) => {
          if (used.has(own)) throw new Error("a stub that failed was used again");
          used.add(own);
          const error = errors.shift();
          if (error !== undefined) throw error;
          return env.JOURNEY.getByName(name).collect(call);
        },
      };
    },
  };
  return { env: { ...env, JOURNEY } as unknown as Env, stubs: () => stubs };
}

async function siteOf(id: string): Promise<string> {
  const parsed = parseSiteConfig(SMALL_SITE, visitor);
  if (!parsed.ok) throw new Error(parsed.bound);
  const publicKey = id.padEnd(22, "k");
  await env.SITE.getByName(id).create(id, publicKey, `${id}-write-key`);
  await env.SITE.getByName(id).apply(parsed.value);
  return publicKey;
}

function collect(edge: Env, site: string): Promise<Response> {
  const now = Date.now();
  const touchpoint = { seq: 0, type: "page", name: "", at: now, url: `${ORIGIN}/`, props: {} };
  const body = {
    v: 1,
    site,
    secret: "s".repeat(22),
    sentAt: now,
    consent: { rev: 1, purposes: ["analytics"] },
    streams: [{ stream: "stream-one1", touchpoints: [touchpoint] }],
    asks: [],
  };
  const request = { method: "POST", headers: { Origin: ORIGIN }, body: JSON.stringify(body) };
  return Promise.resolve(app.fetch(new Request("https://edge.example/v1/collect", request), edge));
}

test("U22 each try of a batch takes a new stub, and the third may still be acknowledged", async () => {
  const site = await siteOf("tried-thrice");
  const edge = failing([RETRY_NOW[0], RETRY_NOW[4]]);
  const answer = await collect(edge.env, site);
  expect(answer.status).toBe(200);
  expect(((await answer.json()) as { acked: unknown }).acked).toEqual([{ stream: "stream-one1", seqs: [[0, 0]] }]);
  expect(edge.stubs()).toBe(3);
});

test("U23 a batch that three tries did not bring through, one for an overloaded object, and one that meets a bug are answered 503 with Retry-After", async () => {
  const site = await siteOf("sent-away");
  const stubs: number[] = [];
  for (const errors of [[RETRY_NOW[0], RETRY_NOW[0], RETRY_NOW[0]], [RETRY_LATER[0]], [GIVE_UP[0]]]) {
    const edge = failing(errors);
    const answer = await collect(edge.env, site);
    expect([answer.status, answer.headers.get("Retry-After")]).toEqual([503, "5"]);
    expect(await answer.json()).toMatchObject({ status: 503, type: expect.stringMatching(/\/unavailable$/) });
    stubs.push(edge.stubs());
  }
  expect(stubs).toEqual([3, 1, 1]);
  // The twin: nothing fails, and nobody is sent away.
  expect((await collect(failing([]).env, site)).status).toBe(200);
});
