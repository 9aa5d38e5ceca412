import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type GuardedBrowser, shareBrowser } from "../harness/browser.ts";
import { built } from "../harness/built.ts";
import { freePort, inviteTo, startConsole } from "../harness/console-edge.ts";
import { createSite, type Edge } from "../harness/edge.ts";
import { type IdentityProvider, startIdentityProvider } from "../harness/identity-provider.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { axeFindings } from "./axe.ts";
import { openAs, type PersonBrowser } from "./console-page.ts";

let edge: Edge;
let provider: IdentityProvider;
let browser: GuardedBrowser;
beforeAll(async () => {
  const port = await freePort();
  provider = await startIdentityProvider(`http://localhost:${port}`);
  const { dist } = await built();
  edge = await startConsole({ port, assets: dist, allowed: [provider.issuer], vars: provider.client });
  await createSite(edge, "shop", SMALL_SITE);
  await createSite(edge, "help", SMALL_SITE);
  browser = await shareBrowser();
});
afterAll(async () => {
  await browser.close();
  await edge.close();
  provider.close();
});

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name }).waitFor();
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const status = (page: Page) => page.getByRole("status");

/** Opens a page of the console anew, as a link from elsewhere does. */
async function open(page: Page, fragment = ""): Promise<void> {
  await page.goto("about:blank");
  await page.goto(`${edge.url}/console/${fragment}`);
}

/** Follows a new invitation with a passkey. */
async function join(person: PersonBrowser, name: string, role = "owner", site = "shop"): Promise<string> {
  const invitation = await inviteTo(edge, site, role);
  await open(person.page, `#join=${invitation}`);
  await person.page.getByLabel("Your name").fill(name);
  await button(person.page, "Join with a passkey").click();
  await heading(person.page, name);
  return invitation;
}

/** What a page is refused by its own policy, and what it throws. */
function watch(page: Page): string[] {
  const seen: string[] = [];
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) seen.push(message.text());
  });
  page.on("pageerror", (error) => seen.push(error.message));
  return seen;
}

test("S15 S16 who follows a link joins with a passkey, signs out, and comes back with it; the secret leaves the address at once", async () => {
  const person = await openAs(browser);
  const { page, context } = person;
  const faults = watch(page);
  const invitation = await inviteTo(edge, "shop", "editor");
  await open(page, `#join=${invitation}`);
  await heading(page, "Join shop");
  expect(page.url()).toBe(`${edge.url}/console/`);
  expect(await page.getByRole("main").textContent()).toContain("You are invited to the site shop as editor");
  await button(page, "Join with a passkey").click();
  expect(await page.getByText("Write your name first.").isVisible()).toBe(true);
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("name");
  await page.getByLabel("Your name").fill("Ada Byron");
  await button(page, "Join with a passkey").click();
  await heading(page, "Ada Byron");
  await status(page).filter({ hasText: "You have joined shop." }).waitFor();
  expect(await page.title()).toBe("Ada Byron · Waypost");
  const [cookie] = await context.cookies();
  expect(cookie).toMatchObject({
    name: "__Host-waypost-session",
    httpOnly: true,
    secure: true,
    sameSite: "Lax",
    path: "/",
  });
  expect(await page.evaluate(() => document.cookie)).toBe("");

  await button(page, "Sign out").click();
  await heading(page, "Sign in");
  expect(await context.cookies()).toEqual([]);
  await button(page, "Sign in with a passkey").click();
  await heading(page, "Ada Byron");
  // The link is spent: also for who has it in their history.
  await page.goBack().catch(() => null);
  await open(page, `#join=${invitation}`);
  await heading(page, "This invitation can’t be followed");
  await button(page, "To your account").click();
  await heading(page, "Ada Byron");
  expect(faults).toEqual([]);
  await context.close();
});

test("S16 whoever has no passkey here, or can't show who they are, is told what to do, and is not let in", async () => {
  const person = await openAs(browser);
  await join(person, "Grace");
  const { page, device, context } = person;
  await button(page, "Sign out").click();
  await device.verifies(false);
  await button(page, "Sign in with a passkey").click();
  await status(page).filter({ hasText: "No passkey has answered" }).waitFor();
  await device.verifies(true);
  await device.forget();
  await button(page, "Close the message").click();
  expect(await status(page).textContent()).toBe("");
  await button(page, "Sign in with a passkey").click();
  await status(page).filter({ hasText: "ask" }).filter({ hasText: "invitation" }).waitFor();
  expect(await context.cookies()).toEqual([]);
  await context.close();
});

test("S18 passkeys are added and removed, one on each device, and the last one stays", async () => {
  const person = await openAs(browser);
  await join(person, "Alan");
  const { page, device, context } = person;
  const listed = () =>
    page.getByRole("region", { name: "How you sign in" }).getByRole("listitem").locator("strong").allTextContents();
  expect(await listed()).toEqual(["My Linux device"]);
  expect(await page.getByRole("button", { name: /^Remove/ }).count()).toBe(0);
  await button(page, "Add a passkey").click();
  await status(page).filter({ hasText: "This device has a passkey for your account already." }).waitFor();
  // Another device in the same window.
  await device.forget();
  await page.getByLabel("Name of a further passkey").fill("Key ring");
  await button(page, "Add a passkey").click();
  await status(page).filter({ hasText: "Key ring was added." }).waitFor();
  expect(await listed()).toEqual(["My Linux device", "Key ring"]);
  await button(page, "Remove My Linux device").click();
  expect(await listed()).toEqual(["My Linux device", "Key ring"]);
  await button(page, "Remove for good").click();
  await status(page).filter({ hasText: "My Linux device was removed." }).waitFor();
  expect(await listed()).toEqual(["Key ring"]);
  await button(page, "Sign out").click();
  await button(page, "Sign in with a passkey").click();
  await heading(page, "Alan");
  await context.close();
});

test("S16 S18 a command line is approved in the console by its code, is listed there, and ends there", async () => {
  const person = await openAs(browser);
  await join(person, "Barbara", "admin");
  const { page, context } = person;
  await button(page, "Sign out").click();
  const post = (path: string, body: object) => fetch(edge.url + path, { method: "POST", body: JSON.stringify(body) });
  const asked = (await (await post("/api/device", {})).json()) as Record<
    "deviceCode" | "userCode" | "verificationUrl",
    string
  >;
  await page.goto("about:blank");
  await page.goto(asked.verificationUrl);
  await heading(page, "Sign in");
  await page.getByText("A command line asks to be signed in").waitFor();
  await button(page, "Sign in with a passkey").click();
  await heading(page, "Sign in a command line?");
  expect(page.url()).toBe(`${edge.url}/console/`);
  const shown = `${asked.userCode.slice(0, 4)}-${asked.userCode.slice(4)}`;
  expect(await page.locator(".code").textContent()).toBe(shown);
  expect(await page.getByRole("main").getByRole("listitem").allTextContents()).toEqual(["shop admin"]);
  await button(page, "Approve").click();
  await heading(page, "The command line is signed in");
  const { token } = (await (await post("/api/device/token", { deviceCode: asked.deviceCode })).json()) as {
    token: string;
  };
  const isIn = async () =>
    (await fetch(`${edge.url}/api/session`, { headers: { Authorization: `Bearer ${token}` } })).status;
  expect(await isIn()).toBe(200);
  await button(page, "To your account").click();
  await button(page, "End the session of a command line").click();
  await status(page).filter({ hasText: "The session has ended" }).waitFor();
  expect(await isIn()).toBe(401);
  await button(page, "Sign out everywhere").click();
  await button(page, "Sign out everywhere now").click();
  await heading(page, "Sign in");
  await context.close();
});

test("S16 the team's provider signs people in from each page, and brings them back to what they came for", async () => {
  const { page, context } = await openAs(browser);
  const faults = watch(page);
  provider.subject = "margaret";
  await open(page);
  await button(page, "Continue with single sign-on").click();
  await heading(page, "You are not signed in");
  expect(await page.getByRole("main").textContent()).toContain("Ask an owner of your site for an invitation");
  await open(page, `#join=${await inviteTo(edge, "help", "viewer")}`);
  await page.getByLabel("Your name").fill("Margaret");
  await button(page, "Join with single sign-on").click();
  await heading(page, "Margaret");
  // A second site, by a link, as who has signed in.
  await open(page, `#join=${await inviteTo(edge, "shop", "approver")}`);
  await button(page, "Join as Margaret").click();
  await heading(page, "Margaret");
  const sites = page.getByRole("region", { name: "Sites" }).getByRole("listitem").locator("strong");
  expect(await sites.allTextContents()).toEqual(["help", "shop"]);
  await button(page, "Sign out").click();
  const { userCode } = (await (await fetch(`${edge.url}/api/device`, { method: "POST" })).json()) as {
    userCode: string;
  };
  await open(page, `#device=${userCode}`);
  await button(page, "Continue with single sign-on").click();
  await heading(page, "Sign in a command line?");
  await button(page, "Refuse").click();
  await heading(page, "The request was refused");
  expect(faults).toEqual([]);
  await context.close();
});

/** Where each page of the console is found, once somebody has joined. */
const PAGES: Record<string, (page: Page) => Promise<void>> = {
  account: async (page) => {
    await open(page);
    await heading(page, "Katherine");
  },
  "join, signed in": async (page) => {
    await open(page, `#join=${await inviteTo(edge, "help", "privacy-officer")}`);
    await heading(page, "Join help");
  },
  device: async (page) => {
    const { userCode } = (await (await fetch(`${edge.url}/api/device`, { method: "POST" })).json()) as {
      userCode: string;
    };
    await open(page, `#device=${userCode}`);
    await heading(page, "Sign in a command line?");
  },
  "an invitation that is over": async (page) => {
    await open(page, "#join=shop.over");
    await heading(page, "This invitation can’t be followed");
  },
  "sign-in": async (page) => {
    await page.context().clearCookies();
    await open(page);
    await heading(page, "Sign in");
  },
  "sign-in, with a message": async (page) => {
    await page.context().clearCookies();
    await open(page);
    await page.route("**/api/sign-in/passkey/options", (route) => route.abort());
    await button(page, "Sign in with a passkey").click();
    await status(page).filter({ hasText: "could not be reached" }).waitFor();
  },
  join: async (page) => {
    await open(page, `#join=${await inviteTo(edge, "help", "privacy-officer")}`);
    await heading(page, "Join help");
    await button(page, "Join with a passkey").click();
  },
  "not signed in": async (page) => {
    await page.goto(`${edge.url}/api/sign-in/oidc/callback?code=x`);
    await heading(page, "You are not signed in");
  },
};

test.each(["light", "dark"] as const)("A1 axe finds nothing on any page of the console, in %s", async (colorScheme) => {
  const person = await openAs(browser, { colorScheme, bypassCSP: true, viewport: { width: 320, height: 800 } });
  await join(person, "Katherine");
  for (const [name, go] of Object.entries(PAGES)) {
    await go(person.page);
    expect([name, await axeFindings(person.page, { exclude: "none" })]).toEqual([
      name,
      { violations: [], undecided: [] },
    ]);
    // A7: nothing is cut off, and nothing has to be scrolled to the side.
    const overflow = await person.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect([name, overflow]).toEqual([name, 0]);
  }
  await person.context.close();
});

test("nothing on a page of the console moves as it loads, and the keyboard reaches every button with a focus that is seen", async () => {
  const person = await openAs(browser);
  await join(person, "Katherine");
  const { page, context } = person;
  await context.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(globalThis, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
    }).observe({ type: "layout-shift", buffered: true });
  });
  for (const name of ["account", "join, signed in", "device", "sign-in"]) {
    await PAGES[name]?.(page);
    expect([name, await page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts)]).toEqual([
      name,
      [],
    ]);
    const stops = await page.locator("button, input").count();
    const seen = new Set<string>();
    for (let i = 0; i < stops; i++) {
      await page.keyboard.press("Tab");
      const [text, outline] = await page.evaluate(() => {
        const { activeElement: focused } = document;
        const { outlineStyle, outlineWidth } = getComputedStyle(focused as Element);
        return [focused?.outerHTML as string, `${outlineStyle} ${outlineWidth}`];
      });
      seen.add(text as string);
      expect([name, text, outline]).toEqual([name, text, "solid 3px"]);
    }
    expect([name, seen.size]).toEqual([name, stops]);
  }
  await context.close();
});

test("S15 every file of the console is at its own host alone, with the headers that keep it to itself", async () => {
  for (const path of ["/console", "/console/", "/console/console.js", "/console/style.css", "/console/none"]) {
    const own = await fetch(edge.url + path, { redirect: "manual" });
    expect([path, own.headers.get("Content-Security-Policy")]).toEqual([
      path,
      `default-src 'none'; script-src ${edge.url}/console/; style-src ${edge.url}/console/; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
    ]);
    const names = [
      "Cross-Origin-Opener-Policy",
      "X-Content-Type-Options",
      "Referrer-Policy",
      "Access-Control-Allow-Origin",
    ];
    expect(names.map((name) => own.headers.get(name))).toEqual(["same-origin", "nosniff", "no-referrer", null]);
    expect(own.headers.get("Strict-Transport-Security")).toMatch(/^max-age=63072000/);
    const elsewhere = edge.url.replace("localhost", "127.0.0.1") + path;
    expect([path, (await fetch(elsewhere)).status]).toEqual([path, 404]);
    expect([path, (await fetch(`${edge.url}/_w${path}`)).status]).toEqual([path, 404]);
  }
  expect((await fetch(`${edge.url}/console/`)).status).toBe(200);
  // The twin: what a visitor's page loads is for every page.
  expect((await fetch(`${edge.url}/waypost.js`)).headers.get("Access-Control-Allow-Origin")).toBe("*");
});

test("S15 a page of the console runs its own files alone: not the tag, though it can be read at the same host", async () => {
  const { page, context } = await openAs(browser);
  await open(page);
  const runs = (path: string) =>
    page.evaluate(async (src) => {
      const script = document.createElement("script");
      const ended = new Promise((resolve) => {
        script.onload = () => resolve("ran");
        script.onerror = () => resolve("refused");
      });
      script.src = src;
      document.head.append(script);
      return ended;
    }, path);
  expect((await fetch(`${edge.url}/waypost.js`)).status).toBe(200);
  expect(await runs("/waypost.js")).toBe("refused");
  expect(await runs("/console/../waypost.js")).toBe("refused");
  // The twin.
  expect(await runs("/console/console.js")).toBe("ran");
  await context.close();
});
