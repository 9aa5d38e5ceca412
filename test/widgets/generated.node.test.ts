import { afterAll, beforeAll, expect, test } from "vitest";
import type { LocalSite } from "./local-site.ts";
import { NUDGE, surfaceSite } from "./surface-page.ts";

let site: LocalSite;
beforeAll(async () => {
  site = await surfaceSite();
});
afterAll(() => site[Symbol.asyncDispose]());

/** What a nudge says of who wrote it, to people and to machines. */
async function saidOf(generated: { label: string } | null) {
  const page = await site.open();
  const content = { ...NUDGE.content, ...(generated ? { generated } : {}) };
  await page.evaluate((request) => fixture.nudge(request), { ...NUDGE, content });
  const said = await page.evaluate(() => {
    const root = document.querySelector("[data-waypost]")?.shadowRoot as ShadowRoot;
    const marker = root.querySelector("[itemscope] meta[itemprop=digitalSourceType]");
    return { marker: marker?.getAttribute("content") ?? null, label: marker?.nextElementSibling?.textContent ?? null };
  });
  await page.context().close();
  return said;
}

test("B35 a nudge that a model wrote says so in words and in a mark for machines, and no other does", async () => {
  expect(await saidOf({ label: "Written by a model." })).toEqual({
    marker: "https://schema.org/TrainedAlgorithmicMediaDigitalSource",
    label: "Written by a model.",
  });
  expect(await saidOf(null)).toEqual({ marker: null, label: null });
});
