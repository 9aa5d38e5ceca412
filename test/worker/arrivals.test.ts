import { afterAll, beforeAll, expect, test } from "vitest";
import type { ArrivalsMessage, Line } from "../../models/analysis/arrivals.ts";
import type { SiteHealth } from "../../models/analysis/health.ts";
import { createSite, type Edge, startEdge } from "../harness/edge.ts";
import { pageClient } from "../harness/page-client.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge({ vars: { TALLY_AFTER_MS: "300" } });
});
afterAll(() => edge.close());

const base64url = (text: string) => Buffer.from(text).toString("base64url");

test("U64 U66 over HTTP each touchpoint of many visitors is counted once, and who watches is shown the first of them", async () => {
  const site = await createSite(edge, "arrivals", { ...SMALL_SITE, origins: [edge.url] });
  const address = `${edge.url.replace("http", "ws")}/api/sites/arrivals/events/live`;
  const socket = new WebSocket(address, ["waypost.1", `bearer.${base64url(edge.keys.ADMIN_TOKEN)}`]);
  const messages: ArrivalsMessage[] = [];
  socket.addEventListener("message", ({ data }) => messages.push(JSON.parse(String(data))));
  await expect.poll(() => messages.length, { timeout: 5_000 }).toBe(1);

  const clients = Array.from({ length: 10 }, () => pageClient(edge, site));
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(clients.map(({ send }) => send(["/", "/cart"])));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  }
  const health = async () => (await (await edge.api("GET", "/api/sites/arrivals/health")).json()) as SiteHealth;
  await expect.poll(async () => (await health()).today.touchpoints, { timeout: 5_000 }).toBe(60);
  expect((await health()).today).toMatchObject({ batches: 30, visits: 10, visitors: 10, duplicates: 0, refused: {} });

  const told = () => messages.reduce((sum, { lines, left }) => sum + lines.length + left, 0);
  await expect.poll(told, { timeout: 5_000 }).toBe(60);
  const lines: Line[] = messages.flatMap((message) => message.lines);
  expect(lines.length).toBeGreaterThanOrEqual(20);
  expect(lines[0]).toMatchObject({ kind: "touchpoint", type: "page", path: "/", verdict: "accepted", source: "page" });
  socket.close();
});
