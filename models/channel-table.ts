import { isBelow } from "./host.ts";

/** What brings visitors, in the words of the field; what a visitor does on a site once there is no channel. */
export const CHANNELS = [
  "direct",
  "search",
  "social",
  "email",
  "ad",
  "video",
  "assistant",
  "affiliate",
  "message",
  "referral",
  "app",
  "support",
  "crm",
  "store",
  "other",
] as const;
export type ChannelName = (typeof CHANNELS)[number];

/** The channel of this name, or null: "web" is none, because a site is where all else leads to. */
export function channelNamed(name: unknown): ChannelName | null {
  return CHANNELS.find((channel) => channel === name) ?? null;
}

/**
 * Which names mean which channel: facts about the web of 2026, changed when it changes. Whatever is not in a table is
 * "referral" by its host, or "other" by its campaign. Maps and lists alone: the names come from anybody's links (S6).
 */

/** utm_medium in lower case with "-". Without a channel: it says that somebody paid, and the source says where. */
export const MEDIUMS: ReadonlyMap<string, { channel?: ChannelName; paid: boolean }> = new Map([
  ...list("cpc ppc cpa cpv cpl cpe cpp cpm paid sem sea ad ads retargeting remarketing sponsored promoted", {
    paid: true,
  }),
  ...list("display banner expandable interstitial programmatic native", { channel: "ad" as const, paid: true }),
  ...list("paid-search paidsearch", { channel: "search" as const, paid: true }),
  ...list("paid-social paidsocial", { channel: "social" as const, paid: true }),
  ...list("paid-video paidvideo", { channel: "video" as const, paid: true }),
  ...list("organic seo", { channel: "search" as const, paid: false }),
  ...list("social social-network social-media sm", { channel: "social" as const, paid: false }),
  ...list("email e-mail mail newsletter", { channel: "email" as const, paid: false }),
  ...list("video", { channel: "video" as const, paid: false }),
  ...list("affiliate affiliates partner", { channel: "affiliate" as const, paid: false }),
  ...list("sms push notification web-push mobile-push messenger whatsapp chat-app", {
    channel: "message" as const,
    paid: false,
  }),
  ...list("referral link", { channel: "referral" as const, paid: false }),
  ...list("app in-app", { channel: "app" as const, paid: false }),
  ...list("support helpdesk ticket", { channel: "support" as const, paid: false }),
  ...list("crm sales", { channel: "crm" as const, paid: false }),
  ...list("store in-store pos qr print offline", { channel: "store" as const, paid: false }),
]);

/** `facebook` puts its id on every link, paid or not; the others of these mean an advertisement. */
export const CLICK_IDS: ReadonlyMap<string, { channel: ChannelName; paid: boolean; source: string }> = new Map([
  ["gclid", { channel: "search", paid: true, source: "google" }],
  ["gbraid", { channel: "search", paid: true, source: "google" }],
  ["wbraid", { channel: "search", paid: true, source: "google" }],
  ["dclid", { channel: "ad", paid: true, source: "google" }],
  ["msclkid", { channel: "search", paid: true, source: "bing" }],
  ["yclid", { channel: "search", paid: true, source: "yandex" }],
  ["fbclid", { channel: "social", paid: false, source: "facebook" }],
  ["ttclid", { channel: "social", paid: true, source: "tiktok" }],
  ["twclid", { channel: "social", paid: true, source: "x" }],
  ["li_fat_id", { channel: "social", paid: true, source: "linkedin" }],
  ["rdt_cid", { channel: "social", paid: true, source: "reddit" }],
  ["sccid", { channel: "social", paid: true, source: "snapchat" }],
  ["epik", { channel: "social", paid: false, source: "pinterest" }],
]);

/** utm_source as people write it, where it is no host. */
export const SOURCES: readonly (readonly [ChannelName, string])[] = [
  ["search", "google bing yahoo duckduckgo ecosia baidu yandex naver brave qwant startpage"],
  ["social", "facebook fb instagram ig linkedin twitter x tiktok pinterest reddit snapchat threads mastodon bluesky"],
  ["video", "youtube vimeo twitch"],
  ["email", "email e-mail newsletter mailchimp klaviyo gmail outlook"],
  ["assistant", "chatgpt openai perplexity claude gemini copilot"],
  ["message", "whatsapp telegram sms"],
  ["support", "zendesk intercom freshdesk"],
  ["crm", "hubspot salesforce pipedrive"],
];

/**
 * Hosts and what is below them; `name.*` is the name under any country's ending. The first that fits counts, so that
 * mail.google.com is mail before google.* is a search. Names of Android apps stand as their referrers have them.
 */
const HOSTS: readonly (readonly [ChannelName, string])[] = [
  ["email", "mail.google.com outlook.live.com outlook.office.com outlook.office365.com mail.yahoo.com mail.aol.com"],
  ["email", "mail.proton.me mail.zoho.com webmail.gmx.net mail.ru web.de deref-gmx.net deref-web.de fastmail.com"],
  ["email", "mail.163.com mail.qq.com webmail.orange.fr com.google.android.gm com.microsoft.office.outlook"],
  ["assistant", "gemini.google.com copilot.microsoft.com chatgpt.com chat.openai.com perplexity.ai claude.ai"],
  ["assistant", "chat.deepseek.com chat.mistral.ai grok.com meta.ai you.com poe.com com.openai.chatgpt"],
  ["search", "google.* images.google.* bing.com search.yahoo.com search.yahoo.co.jp yahoo.* duckduckgo.com ecosia.org"],
  ["search", "baidu.com yandex.* ya.ru search.naver.com naver.com daum.net seznam.cz search.brave.com qwant.com"],
  ["search", "startpage.com sogou.com so.com swisscows.com mojeek.com kagi.com search.aol.com ask.com coccoc.com"],
  ["search", "com.google.android.googlequicksearchbox lens.google.com"],
  ["social", "facebook.com instagram.com linkedin.com lnkd.in twitter.com x.com t.co tiktok.com pinterest.* pin.it"],
  [
    "social",
    "reddit.com snapchat.com threads.net threads.com bsky.app mastodon.social vk.com ok.ru xing.com weibo.com",
  ],
  ["social", "news.ycombinator.com quora.com tumblr.com com.linkedin.android com.reddit.frontpage com.pinterest"],
  ["social", "com.twitter.android com.facebook.katana com.instagram.android"],
  ["video", "youtube.com youtu.be vimeo.com twitch.tv dailymotion.com bilibili.com com.google.android.youtube"],
  ["message", "web.whatsapp.com wa.me web.telegram.org t.me messenger.com discord.com slack.com teams.microsoft.com"],
  ["message", "org.telegram.messenger com.slack com.whatsapp"],
  ["support", "zendesk.com intercom.com intercom.help freshdesk.com helpscout.net"],
  ["crm", "lightning.force.com salesforce.com app.hubspot.com pipedrive.com dynamics.com"],
  ["store", "apps.apple.com itunes.apple.com play.google.com com.android.vending"],
];

/** A visitor who comes back from here has not come anew: payments and log-ins on the way of an order. */
export const IGNORED_REFERRERS = [
  "paypal.com",
  "checkout.stripe.com",
  "hooks.stripe.com",
  "klarna.com",
  "adyen.com",
  "mollie.com",
  "sofort.com",
  "pay.google.com",
  "pay.amazon.com",
  "checkout.shopify.com",
  "shop.app",
  "arcot.com",
  "accounts.google.com",
  "appleid.apple.com",
  "login.microsoftonline.com",
];

function list<T>(names: string, value: T): [string, T][] {
  return names.split(" ").map((name) => [name, value]);
}

/** The channel under which a name stands in a table, or null. */
export function classOf(table: readonly (readonly [ChannelName, string])[], name: string): ChannelName | null {
  return table.find(([, names]) => name !== "" && names.split(" ").includes(name))?.[0] ?? null;
}

interface Ranked {
  name: string;
  channel: ChannelName;
  /** Of two rows that name a host the first counts. */
  row: number;
}

const RANKED = HOSTS.flatMap(([channel, names], row) =>
  names.split(" ").map((name): Ranked => ({ name, channel, row })),
);
/** Names by themselves are looked up, for each ending of a host; those of any country are few, and are tried. */
const COUNTRIES = RANKED.filter(({ name }) => name.endsWith(".*"));
const NAMES = new Map(RANKED.toReversed().map((ranked) => [ranked.name, ranked]));

/** What a host is, or null where no table names it. */
export function hostClass(host: string): ChannelName | null {
  let found: Ranked | undefined;
  const take = (ranked: Ranked | undefined) => {
    if (ranked && (!found || ranked.row < found.row)) found = ranked;
  };
  for (let ending = host; ending !== ""; ending = ending.slice(ending.indexOf(".") + 1 || ending.length)) {
    take(NAMES.get(ending));
  }
  for (const ranked of COUNTRIES) {
    if (host.includes(ranked.name.slice(0, -1)) && isBelow(host, ranked.name)) take(ranked);
  }
  return found?.channel ?? null;
}
