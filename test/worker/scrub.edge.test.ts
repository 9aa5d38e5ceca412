import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { browserVisitor } from "../../worker/keys.ts";
import { batchOf, createSite, ORIGIN, post, randomKey } from "../harness/site-of.ts";

/** Forms of what tells who somebody is; no person has any of them. */
const SECRETS = ["ann.other@mail.example", "DE89370400440532013000", "4111111111111111", "078-05-1120 99"];

test("P5 what a page forgot to scrub is on no disk: addresses, titles and labels of a batch at HTTP (S20)", async () => {
  const site = await createSite("scrubbed");
  const at = Date.now();
  const touchpoints = SECRETS.flatMap((secret, i) => [
    {
      type: "page",
      name: `Order of ${secret}`,
      url: `${ORIGIN}/cart/${encodeURIComponent(secret)}?mail=${secret}#${secret}`,
    },
    { type: "click", name: `Write to ${secret}`, url: `${ORIGIN}/cart` },
    { type: "form_start", name: secret, url: `${ORIGIN}/pay;sid=${secret}`, props: { field: secret } },
    { type: "track", name: `plan-${i}`, url: `${ORIGIN}/pay`, props: {} },
  ]).map((touchpoint, seq) => ({ props: {}, ...touchpoint, seq, at }));
  const secret = randomKey(16);
  const streams = [{ stream: randomKey(8), touchpoints }];
  const answered = await post("/v1/collect", batchOf(site, 0, { secret, streams }));
  expect(await answered.clone().json()).toMatchObject({
    refused: [],
    acked: [{ seqs: [[0, touchpoints.length - 1]] }],
  });
  const stub = env.JOURNEY.getByName(`${site.id}:${await browserVisitor(env, site.id, secret)}`);
  const stored = await runInDurableObject(stub, (_, { storage }: DurableObjectState) => {
    const entries = [...storage.kv.list()].map(([key, value]) => `${key} ${JSON.stringify(value)}`);
    return entries.join("\n");
  });
  const kept = stored + (await answered.text());
  for (const text of [...SECRETS, "ann.other", "sid="]) expect(kept, text).not.toContain(text);
  // The twin: what a site's own code declares is there, and so are the paths.
  expect(kept).toContain("plan-3");
  expect(kept).toContain("/cart");
});
