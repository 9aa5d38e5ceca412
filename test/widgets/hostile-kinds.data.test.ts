/** Hostile strings of other people's collections in every text of every kind: `WAYPOST_DATA=DIR npm run verify:data`. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asHtml, EVERY_SLOT, hearHits, strayFrom, withoutLook } from "./hostile-page.ts";
import type { LocalSite } from "./local-site.ts";
import { surfaceSite } from "./surface-page.ts";

const CORPORA = join(resolve(process.env.WAYPOST_DATA ?? ""), "data", "corpora");
/** What these strings call when they run, as far as they say so. */
const CALLS = ["alert", "confirm", "prompt", "print"] as const;

let site: LocalSite;
let strings: string[];
beforeAll(async () => {
  site = await surfaceSite();
  const naughty = JSON.parse(await readFile(join(CORPORA, "blns.json"), "utf8")) as string[];
  const lists = ["nosql.txt", "open-redirect.txt", "xss-patt.txt"].map((name) => readFile(join(CORPORA, name), "utf8"));
  const all = new Set([...naughty, ...(await Promise.all(lists)).flatMap((text) => text.split("\n"))]);
  // No text is no text: a title of none is left out.
  strings = [...all].filter((text) => text !== "");
});
afterAll(() => site[Symbol.asyncDispose]());

/** A page without a policy, on which what they call is heard, and what they would lead to is not followed. */
async function hearingPage() {
  const page = await site.open({ path: "/control", viewport: { width: 1280, height: 800 } });
  await withoutLook(page);
  const hits = await hearHits(page);
  await page.evaluate((names) => {
    const { hit } = globalThis as unknown as { hit: (n: number) => number };
    for (const name of names) Object.assign(globalThis, { [name]: () => hit(1) });
  }, CALLS);
  return { page, hits };
}

test.each(Object.entries(EVERY_SLOT))(
  "S1 S3 each string of the corpora in every text of %s: as typed, and nothing runs",
  async (_, state) => {
    expect(strings.length).toBeGreaterThan(2_500);
    const { page, hits } = await hearingPage();
    const address = page.url();
    const dialogs = countDialogs(page);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    expect(await strayFrom(page, state, strings)).toEqual([]);
    expect(dialogs()).toBe(0);
    // Whatever would run has had its time when an element of ours has run.
    await asHtml(page, ["<img src=x onerror=hit(2)>"]);
    await expect.poll(hits).toContain(2);
    expect(await hits()).toEqual([2]);
    expect(page.url()).toBe(address);
    const { origin } = new URL(address);
    expect(asked.filter((url) => !url.startsWith(`${origin}/`))).toEqual([]);
    await page.context().close();
  },
);

/** What runs in a frame of a frame is heard as the browser's own dialog. */
function countDialogs(page: Page): () => number {
  let count = 0;
  page.on("dialog", (dialog) => {
    count++;
    return dialog.dismiss();
  });
  return () => count;
}

test("S1 the same strings as HTML do run, at least eighty of them, each in a frame of its own: the instrument sees it", async () => {
  const page = await site.open({ path: "/control" });
  const dialogs = countDialogs(page);
  // Those that would ask another host are left out: nothing leaves this machine, and enough others are left.
  const local = strings.filter((text) => !/[/\\]{2}|http|html5sec|\.(com|org)|&#/i.test(text));
  const ran = await page.evaluate(
    async ([names, all]) => {
      let count = 0;
      const one = async (text: string) => {
        const frame = document.createElement("iframe");
        document.body.append(frame);
        const inner = frame.contentDocument as Document;
        let isRun = false;
        const view = frame.contentWindow as unknown as Record<string, unknown>;
        for (const name of names) {
          view[name] = () => {
            isRun = true;
          };
        }
        inner.write(`<!doctype html><body>${text}`);
        inner.close();
        await new Promise((resolve) => setTimeout(resolve, 500));
        if (isRun) count++;
        frame.remove();
      };
      const strings = JSON.parse(all) as string[];
      for (let from = 0; from < strings.length; from += 100)
        await Promise.all(strings.slice(from, from + 100).map(one));
      return count;
    },
    [CALLS, JSON.stringify(local)] as const,
  );
  console.log(`${ran} of ${local.length} run as HTML, with ${dialogs()} dialogs of frames`);
  expect(ran + dialogs()).toBeGreaterThanOrEqual(80);
  await page.context().close();
});
