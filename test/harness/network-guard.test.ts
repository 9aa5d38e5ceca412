import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterEach, expect, test } from "vitest";
import { launchBrowser } from "./browser.ts";
import { outboundService } from "./edge.ts";
import { refusedHosts } from "./network-guard.ts";

/** A name that no resolver knows (RFC 6761), and an address of no host (RFC 5737): asked for on purpose. */
const NAME = "planted.invalid";
const ADDRESS = "192.0.2.1";

afterEach(() => {
  refusedHosts.length = 0;
});

test("N1 a look-up of another host is recorded and refused, one of this machine is answered", async () => {
  await expect(lookup(NAME)).rejects.toThrow(`not to ${NAME}`);
  expect(refusedHosts).toEqual([NAME]);
  expect((await lookup("localhost")).address).toMatch(/^(127\.|::1)/);
  expect(refusedHosts).toEqual([NAME]);
});

test("N1 a connection to another address is recorded and refused", async () => {
  await new Promise((resolve) => connect(443, ADDRESS).on("error", resolve));
  await expect(fetch(`http://${NAME}/`)).rejects.toThrow();
  expect(refusedHosts).toEqual([ADDRESS, NAME]);
});

test("N1 a page that asks for another host is recorded and refused", async () => {
  const guarded = await launchBrowser();
  const page = await (await guarded.newContext()).newPage();
  const answers = (url: string) =>
    page.evaluate(
      (u) =>
        fetch(u, { mode: "no-cors" }).then(
          () => true,
          () => false,
        ),
      url,
    );
  for (const host of [NAME, ADDRESS]) expect(await answers(`http://${host}/x`)).toBe(false);
  expect(guarded.refused).toEqual([`http://${NAME}/x`, `http://${ADDRESS}/x`]);
  await expect(guarded.close()).rejects.toThrow(NAME);
});

test("N1 a Worker that asks for another host is recorded and refused", async () => {
  const outbound: string[] = [];
  const script = `export default { fetch: () => fetch("http://${NAME}/y") }`;
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "planted.js", contents: script }],
      compatibilityDate: "2026-10-30",
      outboundService: outboundService(outbound),
      cf: false,
      telemetry: { enabled: false },
    } as never),
  );
  expect((await fetch(await runtime.ready)).status).toBe(502);
  expect(outbound).toEqual([`http://${NAME}/y`]);
  await runtime.dispose();
});
