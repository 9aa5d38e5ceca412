import { afterAll, beforeAll, expect, test } from "vitest";
import { answerBanner, capturing, collectRequest, type Install, isCollect, startInstall } from "../browser/install.ts";
import type { Exchange } from "../browser/site-host.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

let plain: Install;
let debugged: Install;
beforeAll(async () => {
  plain = await startInstall({ config: SMALL_SITE });
  debugged = await startInstall({ config: SMALL_SITE, attributes: "data-debug" });
});
afterAll(() => Promise.all([plain, debugged].map((install) => install.close())));

/** A batch that was taken and holds a touchpoint of this name. */
function holds(name: string): (exchange: Exchange) => boolean {
  return (exchange) =>
    isCollect(exchange) &&
    exchange.status === 200 &&
    collectRequest(exchange).streams.some(({ touchpoints }) =>
      touchpoints.some((touchpoint) => touchpoint.name === name),
    );
}

test("Z2 a page says in its batches that it is debugged, from the call on until it is taken back, and no page else does", () =>
  plain.visit(async (v) => {
    await v.open("/");
    await answerBanner(v.page, "Accept");
    await capturing(v.page);
    const debugOf = async (name: string, on?: boolean) => {
      await v.page.evaluate(
        ([event, value]) => {
          const { waypost } = window as unknown as WaypostWindow;
          if (value !== undefined) waypost.push(["debug", value]);
          for (let i = 0; i < 30; i++) waypost.push(["track", event]);
        },
        [name, on] as const,
      );
      return collectRequest(await v.seen(holds(name))).debug;
    };
    expect(await debugOf("Before")).toBe(undefined);
    expect(await debugOf("During", true)).toBe(true);
    expect(await debugOf("After", false)).toBe(undefined);
  }));

test("Z2 a tag with `data-debug` says so from its first batch on", () =>
  debugged.visit(async (v) => {
    await v.open("/");
    await answerBanner(v.page, "Accept");
    const first = await v.seen((exchange) => isCollect(exchange) && exchange.status === 200);
    expect(collectRequest(first).debug).toBe(true);
  }));

test("U6 a choice that was told to wait is sent again, and is recorded (B24)", () =>
  plain.visit(async (v) => {
    let refusals = 0;
    v.fault(({ path }) =>
      path.endsWith("/consent") && ++refusals === 1 ? { status: 429, headers: { "retry-after": "1" } } : null,
    );
    await v.open("/");
    await answerBanner(v.page, "Accept");
    const recorded = await v.seen(({ path, status }) => path.endsWith("/consent") && status === 200);
    const [refused] = v.asked().filter(({ path }) => path.endsWith("/consent"));
    expect([refused?.status, refused?.body]).toEqual([429, recorded.body]);
  }));
