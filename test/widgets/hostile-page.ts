import type { Page } from "playwright-core";
import type { CampaignRequest, SurfaceKind } from "../../models/surface.ts";
import type { Told } from "./fixture.ts";
import { REQUESTS } from "./surface-page.ts";

/** Stands where a hostile string is to stand. */
const MARK = "@MARK@";
const BODY = [MARK, MARK];
const ACTION = { label: MARK, href: "/help" };
const IMAGE = { src: "/picture.png", alt: MARK };
const GENERATED = { label: MARK };

interface Shown<K extends SurfaceKind = SurfaceKind> {
  kind: K;
  content: CampaignRequest<K>["content"];
  /** Selectors of what is pressed, one after the other, before it is looked at. */
  presses?: string[];
  done?: string[];
}
const shown = <K extends SurfaceKind>(state: Shown<K>): Shown => state as unknown as Shown;
const question = { id: "q", label: MARK };

/** Every text of every kind is seen in one of these. */
export const EVERY_SLOT: Record<string, Shown> = {
  nudge: shown({
    kind: "nudge",
    content: { title: MARK, body: BODY, action: ACTION, image: IMAGE, generated: GENERATED },
  }),
  tip: shown({ kind: "tip", content: { target: "#first", title: MARK, body: BODY, action: ACTION, image: IMAGE } }),
  "offer, its card": shown({ kind: "offer", content: { title: MARK, body: BODY } }),
  "offer, its dialog": shown({
    kind: "offer",
    content: {
      title: MARK,
      body: BODY,
      code: MARK,
      terms: MARK,
      contest: ACTION,
      action: ACTION,
      image: IMAGE,
      generated: GENERATED,
    },
    presses: [".action"],
  }),
  "survey, a scale": shown({
    kind: "survey",
    content: { title: MARK, questions: [{ ...question, kind: "nps", low: MARK, high: MARK }], thanks: MARK },
  }),
  "survey, options": shown({
    kind: "survey",
    content: {
      title: MARK,
      questions: [
        {
          ...question,
          kind: "multiple",
          options: [
            { id: "a", label: MARK },
            { id: "b", label: MARK },
          ],
        },
      ],
      thanks: MARK,
    },
  }),
  "survey, the thanks": shown({
    kind: "survey",
    content: { title: MARK, questions: [{ ...question, kind: "nps", optional: true }], thanks: MARK },
    presses: [".steps .action"],
  }),
  checklist: shown({
    kind: "checklist",
    content: {
      title: MARK,
      items: [
        { id: "a", label: MARK, body: MARK, href: "/help" },
        { id: "b", label: MARK, match: { type: "track", name: "Done" } },
      ],
      done: MARK,
    },
    done: ["a", "b"],
  }),
  tour: shown({
    kind: "tour",
    content: {
      steps: [
        { target: "#first", title: MARK, body: BODY, image: IMAGE },
        { title: MARK, body: BODY },
      ],
    },
  }),
  "tour, a corner": shown({ kind: "tour", content: { steps: [{ title: MARK, body: BODY, image: IMAGE }] } }),
  banner: shown({ kind: "banner", content: { body: BODY, action: ACTION } }),
};

/** Words of ours that a site has put its own in place of; those with a gap keep it. */
const ROUND = Object.fromEntries(
  Object.entries(REQUESTS.nudge.text).map(([key, word]) => [key, word.includes("{") ? word : MARK]),
) as unknown as CampaignRequest["text"];

/**
 * Shows each string in every text of a state, and gives what came out otherwise than a plain word does: another element,
 * another attribute, another text. JSON, because half a surrogate pair does not travel in any other way.
 */
export function strayFrom(
  page: Page,
  { kind, content, presses = [], done }: Shown,
  strings: string[],
): Promise<string[]> {
  const request = { ...REQUESTS.nudge, text: ROUND, why: [MARK], contentLanguage: MARK, content, done };
  return page.evaluate(
    async ([which, told, pressed, mark, all]) => {
      const look = async (text: string): Promise<string[]> => {
        const asked = JSON.parse(told, (_, value) => (value === mark ? text : value));
        const veto = await fixture.show(which, asked as Told<CampaignRequest>);
        if (veto) throw new Error(veto);
        const root = [...document.querySelectorAll("[data-waypost]")].at(-1)?.shadowRoot as ShadowRoot;
        for (const selector of pressed) {
          root.querySelector<HTMLElement>(selector)?.click();
          // Preact draws in a later microtask.
          for (let i = 0; i < 3; i++) await null;
        }
        const seen = [...root.querySelectorAll("section,section *,dialog,dialog *")].map((one) => {
          const attributes = [...one.attributes].map(({ name, value }) => `${name}=${value}`);
          return [one.tagName, ...attributes, one.childElementCount ? "" : one.textContent].join("\n");
        });
        fixture.close();
        return seen;
      };
      const plain = await look(mark);
      const strays: string[] = [];
      for (const text of JSON.parse(all) as string[]) {
        const seen = await look(text);
        const expected = plain.map((line) => line.replaceAll(mark, () => text));
        if (JSON.stringify(seen) !== JSON.stringify(expected)) {
          strays.push(JSON.stringify([text, seen.filter((line, i) => line !== expected[i])]));
        }
      }
      if (!plain.some((line) => line.includes(mark))) throw new Error("No text of it is shown.");
      return strays;
    },
    [kind, JSON.stringify(request), presses, MARK, JSON.stringify(strings)] as const,
  );
}

/**
 * Only what stands in the tree counts here, so nothing is laid out or styled: ten times as many strings in a second. What
 * a surface asks of the browser for its look is answered with nothing.
 */
export function withoutLook(page: Page): Promise<void> {
  return page.evaluate(() => {
    const { replaceSync } = CSSStyleSheet.prototype;
    CSSStyleSheet.prototype.replaceSync = function (css) {
      // Rules that are changed later have to be there.
      replaceSync.call(this, css.includes(".ring{}") ? css : "");
    };
    Object.assign(HTMLElement.prototype, { showPopover: undefined, hidePopover: undefined });
    Object.defineProperty(HTMLElement.prototype, "offsetHeight", { value: 0 });
    const { getBoundingClientRect } = Element.prototype;
    const OUT_OF_SIGHT = new DOMRect(-9, -9);
    const NOWHERE = new DOMRect();
    Element.prototype.getBoundingClientRect = function () {
      if (this === document.body) return OUT_OF_SIGHT;
      return this.shadowRoot ? NOWHERE : getBoundingClientRect.call(this);
    };
    document.querySelector("main")?.remove();
  });
}

/** From now on every `hit(n)` of the page is kept. */
export async function hearHits(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const hits: number[] = [];
    Object.assign(globalThis, { hits, hit: (n: number) => hits.push(n) });
  });
  return () => page.evaluate(() => [...new Set((globalThis as unknown as { hits: number[] }).hits)]);
}

/** The same strings as HTML, each in an element of its own: what a page does that takes them for more than text. */
export function asHtml(page: Page, strings: string[]): Promise<void> {
  return page.evaluate((all) => {
    for (const text of JSON.parse(all) as string[]) {
      const element = document.createElement("p");
      element.innerHTML = text;
      document.body.append(element);
    }
  }, JSON.stringify(strings));
}
