import { deadDetector, type Setting } from "../../models/friction.ts";
import type { Clicked } from "./click.ts";
import { attribute, fits } from "./element.ts";
import { guarded } from "./guarded.ts";
import { linkProps } from "./link.ts";
import { isSelfDrawn } from "./repeating.ts";
import { selection } from "./selection.ts";
import type { SourceParts } from "./sources.ts";

/** By these an element does what it is for without a trace in the page, or has done it already. */
const CONTENT = [
  "input:is([type=checkbox],[type=radio],[type=reset])",
  ":is([role=radio],[role=menuitemradio])[aria-checked=true]",
  "[aria-selected=true],[aria-current]:not([aria-current=false])",
].join();

/** Events that show that something came of a click, beside mutations. Several do not bubble: all are heard on the way down. */
const EFFECTS = [
  "scroll",
  "input",
  "submit",
  "invalid",
  "toggle",
  "play",
  "pause",
  "copy",
  "beforeprint",
  "fullscreenchange",
  "visibilitychange",
] as const;

const MUTATIONS = { subtree: true, childList: true, attributes: true, characterData: true };

/** Menus open, and buttons ripple, when they are pressed: how long before its click a press may be, in ms. */
const PRESS_MS = 1_000;

/**
 * Watches what comes of clicks on interactive elements: mutations of the page, from the press on, only until the first
 * of them and only while a click waits; navigation, scroll, focus, input, selection, media. The page's other frames,
 * canvases and closed shadow roots cannot be seen.
 */
export function watchDead(
  setting: Setting<"dead">,
  { listen, signal, log }: SourceParts,
  tell: (clicked: Clicked, why: string) => void,
): (clicked: Clicked, event: MouseEvent) => void {
  const detector = deadDetector<Clicked>(setting);
  const observer = new MutationObserver(() => happened());
  /** Whether something happened since the last press. */
  let stirred = false;
  let listens = false;
  /** From the press to its click the focus moves by itself: that is no effect. */
  let pressed = false;
  let letGo: ReturnType<typeof setTimeout> | undefined;

  function happened(): void {
    stirred = true;
    if (detector.idle()) return;
    detector.happened(performance.now());
    rest();
  }

  /** Nothing waits: nothing is watched. */
  function rest(): void {
    if (!detector.idle()) return;
    observer.disconnect();
  }

  function press(): void {
    stirred = false;
    observer.observe(document.body, MUTATIONS);
    // What loads comes into the head all the time, and shows nothing; a theme is a class up here.
    observer.observe(document.documentElement, { attributes: true });
    clearTimeout(letGo);
    letGo = setTimeout(() => {
      pressed = false;
      rest();
    }, PRESS_MS);
  }

  function wait(clicked: Clicked, target: Element): void {
    const atMs = performance.now();
    const selected = selection();
    if (!detector.clicked(clicked, target, atMs)) return;
    if (!listens) listenForEffects();
    listens = true;
    for (const root of openRoots(document.documentElement)) observer.observe(root, MUTATIONS);
    const judge = () => {
      if (signal.aborted) return;
      const nowSelected = selection();
      if (nowSelected !== "" && nowSelected !== selected) detector.happened(atMs + setting.afterMs);
      const due = detector.due(performance.now());
      rest();
      for (const { click, why } of due) tell(click, why);
    };
    setTimeout(guarded(judge, log), setting.afterMs);
  }

  /** From the first click that waits until the end: to listen anew for each costs more than to hear what nobody waits for. */
  function listenForEffects(): void {
    const options = { capture: true, passive: true, signal };
    for (const type of EFFECTS) window.addEventListener(type, happened, options);
    const onFocus = () => pressed || happened();
    for (const type of ["focus", "blur"]) window.addEventListener(type, onFocus, options);
    const { navigation } = window;
    // Tells of a page that is on its way but slow to come; a browser without it says so by the older event.
    if (navigation?.currentEntry) navigation.addEventListener("navigate", happened, options);
    else window.addEventListener("beforeunload", happened, options);
  }

  listen("pointerdown", () => {
    pressed = true;
    press();
  });
  signal.addEventListener("abort", () => {
    observer.disconnect();
    clearTimeout(letGo);
  });
  return (clicked, event) => {
    pressed = false;
    // The page's code clicked: a file picker, or a download, behind a button of its own.
    if (!event.isTrusted) return happened();
    if (event.detail === 0) press();
    if (clicked.element && !stirred && !isAnswered(clicked, event)) wait(clicked, clicked.element);
  };
}

/** The open shadow roots of a page: what a click does may be shown by another component. */
function openRoots(within: Element | ShadowRoot): ShadowRoot[] {
  const all = [...within.querySelectorAll("*")];
  return all.flatMap(({ shadowRoot }) => (shadowRoot ? [shadowRoot, ...openRoots(shadowRoot)] : []));
}

/** Whether what comes of a click comes elsewhere than on this page, or is there already. */
function isAnswered({ path, element, link }: Clicked, event: MouseEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return true;
  if (isSelfDrawn(path) || (element && fits(element, CONTENT))) return true;
  if (!link) return false;
  const { url } = link;
  const elsewhere =
    fits(link.element, "[target]:not([target=_self])") || /mail|call|download/.test(`${linkProps(link).link}`);
  const here = !attribute(link.element, "href").includes("#") && url.href === location.href.split("#")[0];
  return elsewhere || here;
}
