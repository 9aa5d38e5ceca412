import { afterAll, beforeAll, expect, test } from "vitest";
import { channelOf } from "../../models/acquisition.ts";
import { arrivalOf } from "../../models/arrival.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import {
  capturing,
  carries,
  collectRequest,
  type Install,
  isCollect,
  startInstall,
  type Visitor,
} from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

let install: Install;
beforeAll(async () => {
  const { consent } = SMALL_SITE;
  const purposes = [...consent.purposes, "sharing" as const];
  install = await startInstall({ config: { ...SMALL_SITE, consent: { ...consent, purposes } } });
});
afterAll(() => install.close());

function visit(title: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => install.visit(steps));
}

/** Arrives at a path from a page elsewhere, grants, and gives what was sent once `End` was tracked. */
async function arrive(v: Visitor, path: string, { referer, purposes = ["analytics"] }: Arriving = {}): Promise<void> {
  await v.page.goto(v.host.url + path, referer ? { referer } : {});
  await v.page.evaluate((granted) => {
    (window as unknown as WaypostWindow).waypost.push(["consent.set", granted]);
  }, purposes);
  await capturing(v.page);
}
interface Arriving {
  referer?: string;
  purposes?: string[];
}

async function views(v: Visitor): Promise<Touchpoint[]> {
  const path = new URL(v.page.url()).pathname;
  await v.page.evaluate((path) => {
    (window as unknown as WaypostWindow).waypost.track(`End of ${path}`);
    dispatchEvent(new Event("pagehide"));
  }, path);
  await v.seen(carries("track", `End of ${path}`));
  const sent = v
    .asked()
    .filter(isCollect)
    .flatMap((exchange) => collectRequest(exchange).streams);
  const distinct = new Map(
    sent.flatMap(({ stream, touchpoints }) => touchpoints.map((t) => [`${stream} ${t.seq}`, t])),
  );
  return [...distinct.values()].filter(({ type }) => type === "page");
}

const NEWS = "utm_source=News%20Letter&utm_medium=email&utm_campaign=spring_sale_2026&utm_id=7&utm_term=tent";

visit("Q3 the first view says where the visitor came from, the ones behind it nothing of it", async (v) => {
  const referer = "https://mail.example.org/u/alice?token=hunter2";
  await arrive(v, `/landing?${NEWS}&utm_content=alice@example.com&utm_x=no&fbclid=IwAR0hunter2&ref=hunter2`, {
    referer,
  });
  await v.page.evaluate(() => {
    history.pushState(null, "", "/second");
  });
  const [first, second] = await views(v);
  expect(first?.props).toEqual({
    "query.utm_source": "News Letter",
    "query.utm_medium": "email",
    "query.utm_campaign": "spring_sale_2026",
    "query.utm_id": "7",
    "query.utm_term": "tent",
    "query.utm_content": "•",
    click_id: "fbclid",
    referrer: "mail.example.org",
  });
  expect(channelOf(arrivalOf(first!)!)).toEqual({ channel: "email", paid: false, source: "news letter" });
  expect([second?.url, second?.props.referrer, second && arrivalOf(second)]).toEqual([
    `${v.host.url}/second`,
    undefined,
    null,
  ]);
  expect(
    v
      .asked()
      .filter(isCollect)
      .filter(({ body }) => body.includes("hunter2")),
  ).toEqual([]);
});

visit("Q5 a click id's value leaves the page only where `sharing` is granted", async (v) => {
  await arrive(v, "/?gclid=Cj0KCQ-planted&li_fat_id=4a-planted", { purposes: ["analytics", "sharing"] });
  const [view] = await views(v);
  expect(view?.props).toMatchObject({ gclid: "Cj0KCQ-planted", referrer: "" });
});

visit("Q5 without `sharing` its kind does, and nothing else of it", async (v) => {
  await arrive(v, "/?gclid=Cj0KCQ-planted&longer_clid=1&alice.example-gclid=2");
  const [view] = await views(v);
  expect(view?.props).toEqual({ click_id: "gclid", referrer: "" });
});

visit("Q3 a page that was come to from the same origin is no arrival, one by a bare address is direct", async (v) => {
  await arrive(v, "/");
  const [direct] = await views(v);
  expect(channelOf(arrivalOf(direct!)!)).toMatchObject({ channel: "direct" });
  await Promise.all([
    v.page.waitForURL("**/inside"),
    v.page.evaluate(() => {
      location.href = "/inside";
    }),
  ]);
  await capturing(v.page);
  const inside = (await views(v)).find(({ url }) => url.endsWith("/inside"));
  expect(inside?.props).toEqual({});
});
