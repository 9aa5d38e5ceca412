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

/**
 * Where no hint says so: what a User-Agent says, first match. Most of them name others for company, so the order is from
 * the name that only one has to those that nearly all have. Names of ours alone: anybody may send a text.
 */
const BROWSERS: [told: RegExp, browser: string][] = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\b(?:OPR|OPT|OPX|Opera)\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bYaBrowser\//, "Yandex"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\b(?:DuckDuckGo|Ddg)\//, "DuckDuckGo"],
  [/\bUC ?Browser\//, "UC Browser"],
  [/\b(?:Firefox|FxiOS)\//, "Firefox"],
  [/; wv\)/, "Android WebView"],
  [/\b(?:Chrome|CriOS)\//, "Chrome"],
  [/\bVersion\/[\d.]+ .*\bSafari\//, "Safari"],
  [/\b(?:MSIE |Trident\/)/, "Internet Explorer"],
];
const SYSTEMS: [told: RegExp, os: string][] = [
  [/\bWindows\b/, "Windows"],
  [/\b(?:iPhone|iPad|iPod)\b/, "iOS"],
  [/\bAndroid\b/, "Android"],
  [/\bMac OS X\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];
const DEVICES: [told: RegExp, device: Agent["device"]][] = [
  [/\biPad\b|\bTablet\b|\bAndroid\b(?!.*\bMobile\b)/, "tablet"],
  [/\bMobile\b|\biPhone\b|\biPod\b/, "mobile"],
  [/\b(?:Windows|Macintosh|X11|CrOS|Linux)\b/, "desktop"],
];

/** What is taken of the hint, and how people call it. */
const PLATFORMS: Record<string, string> = {
  '"Windows"': "Windows",
  '"macOS"': "macOS",
  '"Linux"': "Linux",
  '"Android"': "Android",
  '"iOS"': "iOS",
  '"Chrome OS"': "ChromeOS",
  '"Chromium OS"': "ChromeOS",
};

/** Whether a request calls itself a robot, a monitor or a program: by its User-Agent alone, which anybody may forge. */
export function isRobot(headers: Headers): boolean {
  return isbot(userAgentOf(headers));
}

/** Reads an agent from a request's headers; `country` as the platform gives it. Whatever they hold, it is a value. */
export function agentOf(headers: Headers, country: unknown): Agent {
  const userAgent = userAgentOf(headers);
  const hint = headers.get("Sec-CH-UA-Platform") ?? "";
  const platform = Object.hasOwn(PLATFORMS, hint) ? (PLATFORMS[hint] as string) : "";
  return {
    device: deviceOf(platform, headers.get("Sec-CH-UA-Mobile")) || first(DEVICES, userAgent),
    browser: brandOf(headers.get("Sec-CH-UA") ?? "") || first(BROWSERS, userAgent),
    os: platform || first(SYSTEMS, userAgent),
    language: languageOf(headers.get("Accept-Language") ?? ""),
    country: typeof country === "string" && /^[A-Z][A-Z\d]$/.test(country) ? country : "",
  };
}

function first<T extends string>(table: readonly [told: RegExp, name: T][], text: string): T | "" {
  return table.find(([told]) => told.test(text))?.[1] ?? "";
}

function userAgentOf(headers: Headers): string {
  return (headers.get("User-Agent") ?? "").slice(0, USER_AGENT_MAX);
}

/** A tablet's hint says that it is not mobile, as a desktop's does. */
function deviceOf(platform: string, mobile: string | null): Agent["device"] {
  if (mobile === "?1") return "mobile";
  if (mobile !== "?0" || platform === "") return "";
  return platform === "Android" ? "tablet" : "desktop";
}

function brandOf(hints: string): string {
  return BRANDS.find(([brand]) => hints.includes(`"${brand}"`))?.[1] ?? "";
}

function languageOf(header: string): string {
  const first = header.split(/[,;]/, 1)[0]?.trim() ?? "";
  return /^[A-Za-z]{2,3}(-[A-Za-z\d]{1,8})*$/.test(first) && first.length <= TEXT_MAX ? first : "";
}
