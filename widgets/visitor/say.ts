/** A screen reader hears a live region only where the empty region was there for a moment before its text. */
const AFTER_MS = 150;
/** By then it was spoken. */
const FOR_MS = 20_000;

const CSS =
  ":host{all:initial!important;position:fixed!important;inline-size:1px!important;block-size:1px!important;overflow:hidden!important;clip-path:inset(50%)!important;white-space:nowrap!important}";

/** Says a sentence once, politely, when the surface that it is about has gone (A18). */
export function say(sentence: string, { language, dir }: { language: string; dir: "ltr" | "rtl" }): void {
  const host = document.createElement("div");
  host.dataset.waypost = "status";
  host.dataset.waypostIgnore = "";
  host.lang = language;
  host.dir = dir;
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  root.adoptedStyleSheets = [sheet];
  const status = document.createElement("div");
  status.role = "status";
  root.append(status);
  document.body.append(host);
  setTimeout(() => {
    status.textContent = sentence;
  }, AFTER_MS);
  setTimeout(() => host.remove(), FOR_MS);
}
