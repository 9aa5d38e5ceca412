import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waypost } from "../../../harness/cli.ts";
import { createSite, type DemoSite, type Edge, startEdge } from "../../../harness/edge.ts";
import { SMALL_SITE } from "../../../harness/small-site.ts";
import { waitFor } from "../../../harness/wait-for.ts";

const folder = mkdtempSync(join(tmpdir(), "waypost-watching-"));
const NOON = Date.UTC(2026, 9, 5, 12);
let edge: Edge;
let site: DemoSite;
let env: Record<string, string>;
beforeAll(async () => {
  edge = await startEdge();
  site = await createSite(edge, "watched", SMALL_SITE);
  env = { WAYPOST_EDGE: edge.url, WAYPOST_SITE: site.id, WAYPOST_TOKEN: edge.keys.ADMIN_TOKEN };
});
afterAll(async () => {
  await edge?.close();
  rmSync(folder, { recursive: true });
});

async function tell(items: object[]): Promise<void> {
  const batch = items.map((item, i) => ({ userId: "ada", messageId: `m${i}`, ...item }));
  const response = await fetch(`${edge.url}/v1/batch`, {
    method: "POST",
    headers: { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` },
    body: JSON.stringify({ batch }),
  });
  expect(await response.json()).toMatchObject({ accepted: items.length });
}

const page = (path: string, at: number) => ({
  type: "page",
  timestamp: at,
  properties: { url: `https://shop.example${path}` },
});

test("W10 a person's journey and the map are read in the terminal, channel by channel, and an empty map says so", async () => {
  const empty = await waypost(folder, ["map"], env);
  expect([empty.code, empty.stdout]).toEqual([
    0,
    [
      "checkout: 0 visits, 0 touchpoints, 0 reached the goal",
      "",
      "STAGE    VISITS  END HERE  SHARE",
      "Browse   0       0",
      "Cart     0       0",
      "Payment  0       0",
      "Done     0       goal",
      "",
      "No visit has gone from one stage to another yet.",
      "",
    ].join("\n"),
  ]);
  await tell([
    page("/", NOON),
    page("/cart", NOON + 90_000),
    { type: "track", event: "Ticket Opened", channel: "support", source: "helpdesk", timestamp: NOON + 120_000 },
  ]);
  await waitFor(
    async () => (await waypost(folder, ["map"], env)).stdout,
    (text) => text.includes("3 touchpoints"),
  );
  const map = await waypost(folder, ["map", "--from", "2026-10-05", "--to", "2026-10-05"], env);
  // Of one visit that ended there Wilson's interval goes down to 20.7 %.
  expect(map.stdout.split("\n")).toEqual([
    "checkout: 1 visit, 3 touchpoints, 0 reached the goal",
    "",
    "STAGE    VISITS  END HERE  SHARE",
    "Browse   1       0         0.0 % (0.0 to 79.3)",
    "Cart     1       1         100.0 % (20.7 to 100.0)",
    "Payment  0       0",
    "Done     0       goal",
    "",
    "FROM    TO    TIMES  MEDIAN",
    "Browse  Cart  1      1.5 min",
    "",
  ]);
  const none = await waypost(folder, ["map", "--from", "2026-10-06", "--to", "2026-10-06", "--json"], env);
  expect(JSON.parse(none.stdout)).toMatchObject({ visits: 0 });

  const found = await waypost(folder, ["person", "ada"], env);
  expect([found.code, found.stderr]).toEqual([0, ""]);
  expect(found.stdout.split("\n").slice(1)).toEqual([
    "in the stage cart; came by no known channel",
    "",
    "WHEN                  WHERE              WHAT   NAME           STAGE",
    "2026-10-05 12:00 UTC  web                page   /              browse",
    "2026-10-05 12:01 UTC  web                page   /cart          cart",
    "2026-10-05 12:02 UTC  support: helpdesk  track  Ticket Opened",
    "",
  ]);
  expect(found.stdout).toMatch(/^[\w-]{22}: a user, on no device yet; 1 visit, 3 touchpoints\n/);
});

test("U70 who is not known, and who is not clearly meant, is said in a sentence", async () => {
  const nobody = await waypost(folder, ["person", "nobody"], env);
  expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining("Nobody of this site is known by that.")]);
  for (const args of [[], ["ada", "bob"], ["ada", "--visitor", "v"]]) {
    const unclear = await waypost(folder, ["person", ...args], env);
    expect([unclear.code, unclear.stderr]).toEqual([1, expect.stringContaining("Use: waypost person")]);
  }
});
