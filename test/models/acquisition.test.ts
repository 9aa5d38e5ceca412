import fc from "fast-check";
import { expect, test } from "vitest";
import { channelOf, NO_TOUCHES, type Touch, touches, withTouch } from "../../models/acquisition.ts";
import { arrivalOf, CAMPAIGN_PARAMETERS, CLICK_ID, withoutClickIds } from "../../models/arrival.ts";
import type { Props, Touchpoint } from "../../models/touchpoint.ts";
import { parseCollect } from "../../models/wire.ts";
import cases from "../cases/channels.json" with { type: "json" };

/** A first view as a page tells of it, where `sharing` is not granted. */
function firstView(query: string, referrer: string, at = 1): Touchpoint {
  const props: Props = { referrer };
  for (const [name, value] of new URLSearchParams(query)) {
    if (CAMPAIGN_PARAMETERS.some((known) => known === name)) props[`query.${name}`] = value;
    if (CLICK_ID.test(name)) props.click_id = name;
  }
  return { seq: 0, type: "page", name: "", at, url: "https://www.shop.example/landing", props };
}

test.each(cases as [query: string, referrer: string, expected: string | null][])(
  "Q1 the channel of “%s” from “%s” is: %s",
  (query, referrer, expected) => {
    const channel = channelOf(arrivalOf(firstView(query, referrer))!);
    const said = channel && [channel.channel, channel.paid ? "paid" : "", channel.source].filter(Boolean).join(" ");
    expect(said).toBe(expected);
  },
);

test("Q1 whatever a link says, it has one channel of the known ones", () => {
  const known = "direct search social email ad video assistant affiliate message referral app support crm store other";
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.webUrl(), (source, medium, url) => {
      const view = firstView("", new URL(url).host);
      view.props["query.utm_source"] = source;
      view.props["query.utm_medium"] = medium;
      const channel = channelOf(arrivalOf(view)!);
      if (channel) expect(known.split(" ")).toContain(channel.channel);
    }),
  );
});

test.each([
  ["https://shop.co.uk/", "blog.shop.co.uk", true],
  ["https://shop.co.uk/", "other.co.uk", false],
  ["https://a.github.io/", "b.github.io", false],
  ["https://www.a.github.io/", "docs.a.github.io", true],
  ["https://a.pages.dev/", "b.pages.dev", false],
  ["https://a.xn--p1ai/", "b.xn--p1ai", false],
  ["http://localhost:8787/", "localhost", true],
  ["http://10.0.0.1/", "10.0.0.2", false],
])("Q2 for the site %s the host %s is its own: %s", (landing, referrer, isOwn) => {
  const view = { ...firstView("", referrer), url: landing };
  expect(channelOf(arrivalOf(view)!) === null).toBe(isOwn);
});

test("Q3 only a page's first view is an arrival, and one of the same origin only by its campaign", () => {
  const view = firstView("", "");
  expect(arrivalOf(view)).toMatchObject({ referrer: "", landing: view.url });
  expect(arrivalOf({ ...view, props: {} })).toBe(null);
  expect(arrivalOf({ ...view, props: { "query.utm_source": "Mail " } })).toMatchObject({ source: "mail" });
  expect(arrivalOf({ ...view, props: { "query.utm_source": 5, "query.tab": "x" } })).toBe(null);
  expect(arrivalOf({ ...view, type: "track" })).toBe(null);
});

const at = (query: string, referrer: string, time: number) => firstView(query, referrer, time);
const WAY: Touchpoint[] = [
  at("utm_source=newsletter&utm_medium=email&utm_campaign=Spring", "", 10),
  at("", "www.shop.example", 20),
  at("", "www.google.com", 30),
  at("", "", 40),
  { ...at("", "t.co", 50), type: "click" },
];

test("Q4 the first touch is the first arrival, the last the last that was not direct", () => {
  const { first, last } = touches(WAY);
  expect(first).toEqual({
    at: 10,
    channel: "email",
    paid: false,
    source: "newsletter",
    medium: "email",
    campaign: "spring",
    landing: "https://www.shop.example/landing",
  });
  expect(last).toMatchObject({ at: 30, channel: "search", source: "google.com" });
  expect(touches([at("", "", 5), at("", "", 6)])).toMatchObject({
    first: { at: 5 },
    last: { at: 6, channel: "direct" },
  });
  expect(touches([])).toEqual({ first: null, last: null });
  const times = (list: Touchpoint[]) => Object.values(touches(list)).map((touch: Touch | null) => touch?.at);
  fc.assert(
    fc.property(fc.shuffledSubarray(WAY, { minLength: WAY.length }), (shuffled) => {
      expect(times(shuffled)).toEqual([10, 30]);
    }),
  );
  expect(WAY.reduce(withTouch, NO_TOUCHES)).toEqual(touches(WAY));
});

test("Q5 without `sharing` no click id's value is taken, from whatever page; with it, it is", () => {
  const view = { ...firstView("gclid=1", ""), seq: 0 };
  const sent = { ...view, props: { ...view.props, gclid: "Cj0KCQ", li_fat_id: "a-b", tab: "x" } };
  const frame = { v: 1, site: "key", secret: "abcdefghijklmnopqrst_-", sentAt: 5 };
  const taken = (purposes: string[]) => {
    const streams = [{ stream: "abcdefghi_-", touchpoints: [sent] }];
    const parsed = parseCollect({ ...frame, consent: { rev: 1, purposes }, streams });
    return parsed.ok && parsed.value.streams[0]?.touchpoints[0]?.props;
  };
  expect(taken(["analytics"])).toEqual({ referrer: "", click_id: "gclid", tab: "x" });
  expect(taken(["analytics", "sharing"])).toEqual(sent.props);
  const declared: Touchpoint = { ...sent, type: "track" };
  expect(withoutClickIds(declared)).toBe(declared);
});
