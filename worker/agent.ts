import Bowser from "bowser";
import { isbot } from "isbot";
import type { Agent } from "../models/agent.ts";

const TEXT_MAX = 20;
/** Nothing that tells a browser apart stands further behind; a pattern need not read more. */
const USER_AGENT_MAX = 512;

/** Names of brands that differ from what people call the browser. The last resort, "Chromium", is a name as well. */
const BRANDS: [brand: string, browser: string][] = [
  ["Microsoft Edge", "Edge"],
  ["Google Chrome", "Chrome"],
  ["Samsung Internet", "Samsung Internet"],
  ["Opera", "Opera"],
  ["Brave", "Brave"],
  ["Vivaldi", "Vivaldi"],
  ["YaBrowser", "Yandex"],
  ["DuckDuckGo", "DuckDuckGo"],
  ["Android WebView", "Android WebView"],
  ["Chromium", "Chromium"],
];

/** The library's names that are longer, or other than in the hints. */
const NAMES: Record<string, string> = {
  "Microsoft Edge": "Edge",
  "Samsung Internet for Android": "Samsung Internet",
  "Yandex Browser": "Yandex",
  "Opera Touch": "Opera",
  "Chrome OS": "ChromeOS",
};

/** What is taken of each: for whatever the library does not know it makes a name of the text, and anybody may send one. */
const PLATFORMS = ["Windows", "macOS", "Linux", "Android", "iOS", "Chrome OS", "Chromium OS"];
const BROWSERS = new Set(Object.values(Bowser.BROWSER_MAP));
const SYSTEMS = new Set(Object.values(Bowser.OS_MAP));

/** Whether a request calls itself a robot, a monitor or a program: by its User-Agent alone, which anybody may forge. */
export function isRobot(headers: Headers): boolean {
  return isbot(userAgentOf(headers));
}

/** Reads an agent from a request's headers; `country` as the platform gives it. Whatever they hold, it is a value. */
export function agentOf(headers: Headers, country: unknown): Agent {
  const parsed = parseUserAgent(userAgentOf(headers));
  const platform = PLATFORMS.find((known) => headers.get("Sec-CH-UA-Platform") === `"${known}"`) ?? "";
  const mobile = headers.get("Sec-CH-UA-Mobile");
  return {
    device: deviceOf(platform, mobile, parsed.device),
    browser: brandOf(headers.get("Sec-CH-UA") ?? "") || short(parsed.browser),
    os: short(platform || parsed.os),
    language: languageOf(headers.get("Accept-Language") ?? ""),
    country: typeof country === "string" && /^[A-Z][A-Z\d]$/.test(country) ? country : "",
  };
}

function userAgentOf(headers: Headers): string {
  return (headers.get("User-Agent") ?? "").slice(0, USER_AGENT_MAX);
}

function parseUserAgent(text: string): { device: string; browser: string; os: string } {
  // The library throws at an empty text.
  if (text === "") return { device: "", browser: "", os: "" };
  const { platform, browser, os } = Bowser.parse(text);
  const known = (name: string | undefined, names: Set<string>) => (name !== undefined && names.has(name) ? name : "");
  return { device: platform.type ?? "", browser: known(browser.name, BROWSERS), os: known(os.name, SYSTEMS) };
}

/** A tablet's hint says that it is not mobile, as a desktop's does. */
function deviceOf(platform: string, mobile: string | null, parsed: string): Agent["device"] {
  if (mobile === "?1") return "mobile";
  if (mobile === "?0" && platform !== "") return platform === "Android" ? "tablet" : "desktop";
  return parsed === "desktop" || parsed === "mobile" || parsed === "tablet" ? parsed : "";
}

function brandOf(hints: string): string {
  return BRANDS.find(([brand]) => hints.includes(`"${brand}"`))?.[1] ?? "";
}

function short(name: string): string {
  return (NAMES[name] ?? name).slice(0, TEXT_MAX);
}

function languageOf(header: string): string {
  const first = header.split(/[,;]/, 1)[0]?.trim() ?? "";
  return /^[A-Za-z]{2,3}(-[A-Za-z\d]{1,8})*$/.test(first) && first.length <= TEXT_MAX ? first : "";
}
