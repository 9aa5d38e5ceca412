/** A visitor's own data in the preference centre: asked for by few, so a file of its own and without Preact. */
import type { Purpose } from "../../models/consent.ts";
import type { OwnData, OwnDataRequest, ReceiptView } from "../../models/surface.ts";
import type { Props } from "../../models/touchpoint.ts";
import { filled } from "./filled.ts";

/** What each part of it is shown with. */
type Shown = Pick<OwnDataRequest, "text" | "language" | "say"> & { data: OwnData<Blob> };

const CSS = `
.data{scroll-margin-block:6em}
.data:not(:empty){padding-inline-start:1em;border-inline-start:3px solid var(--a);margin-block:.25em .5em}
.data .quiet{margin-inline-end:.6em}
.data a.why,.data .why,.data label{display:block}
.data p{margin-block-start:.25em}
.text{display:block;font:inherit;color:inherit;background:none;inline-size:100%;min-block-size:2.5em;padding:.3em .6em;border:1px solid var(--t);border-radius:calc(var(--r)/2)}
[aria-disabled]{opacity:.6}
`;

const sheet = new CSSStyleSheet();
sheet.replaceSync(CSS);

/** Shows what the visitor may see and do, in an element that is there for it. */
export function showOwnData(into: Element, { data, ...request }: OwnDataRequest<Blob>): void {
  const { text, say } = request;
  const { adoptedStyleSheets } = into.getRootNode() as ShadowRoot;
  if (!adoptedStyleSheets.includes(sheet)) adoptedStyleSheets.push(sheet);
  if (!data) {
    into.replaceChildren(paragraph(text.none));
    say(text.none);
    return;
  }
  const shown = { ...request, data };
  into.replaceChildren(
    action(shown, text.see, (result) => openPage(data, result, text.see)),
    action(shown, text.json, async () => save(await data.file("json"), "my-data.json")),
    action(shown, text.csv, async () => save(await data.file("csv"), "my-data.csv")),
    action(shown, text.receipt, async (result) => showReceipt(result, await data.receipt(), shown)),
    ...correction(shown),
    pause(shown),
    erasure(into, shown),
  );
  // It was pressed for at the end of what was in sight.
  into.scrollIntoView({ block: "nearest" });
}

/** A button, and under it what its press brings: the sentence that says so, or that it has to be pressed again. */
function action({ text, say }: Shown, label: string, run: (result: HTMLElement) => Promise<string>): HTMLElement {
  const result = element("div");
  const press = button(label, "why", async () => {
    if (press.ariaDisabled) return;
    // It keeps the focus meanwhile.
    press.ariaDisabled = "true";
    result.replaceChildren();
    say(text.loading);
    try {
      say(await run(result));
    } catch {
      result.replaceChildren(paragraph(text.failed));
      say(text.failed);
    }
    press.ariaDisabled = null;
  });
  const box = element("div");
  box.append(press, result);
  return box;
}

/** In a tab of its own, which has to be opened in the task of the press; where that is refused, by a link. */
async function openPage(data: OwnData<Blob>, result: HTMLElement, label: string): Promise<string> {
  const tab = window.open("", "_blank");
  try {
    const url = URL.createObjectURL(await data.page());
    if (tab) tab.location.replace(url);
    else result.append(Object.assign(link(label, url), { target: "_blank" }));
    return "";
  } catch (error) {
    tab?.close();
    throw error;
  }
}

/** A blob's address is in no policy's way: the browser saves it and asks nobody. It goes with the page. */
function save(file: Blob, name: string): string {
  Object.assign(link("", URL.createObjectURL(file)), { download: name }).click();
  return "";
}

/** The visitor's own receipt (B28), to be read and to be kept as a file. */
function showReceipt(into: Element, receipt: ReceiptView | null, { text, language }: Shown): string {
  if (!receipt) {
    into.replaceChildren(paragraph(text.receiptNone));
    return text.receiptNone;
  }
  const { at, granted, refused, objects, file } = receipt;
  const day = new Date(at).toLocaleString(language, { dateStyle: "long", timeStyle: "short" });
  const title = filled(text.receiptOf, day);
  const listed = (sentence: string, purposes: Purpose[]) =>
    purposes.length > 0
      ? [paragraph(filled(sentence, purposes.map((purpose) => text.names[purpose]).join(" · ")))]
      : [];
  into.replaceChildren(
    paragraph(title),
    ...listed(text.receiptYes, granted),
    ...listed(text.receiptNo, refused),
    ...(objects ? [paragraph(text.objected)] : []),
    Object.assign(link(text.download, URL.createObjectURL(new Blob([file], { type: "application/json" }))), {
      download: "receipt.json",
    }),
  );
  return title;
}

/** Traits that the site was told, each with a field; one that is emptied goes. Nothing where there are none. */
function correction(shown: Shown): HTMLElement[] {
  const { text, data } = shown;
  const { traits } = data.state;
  const names = Object.keys(traits);
  if (names.length === 0) return [];
  const section = titled(text.correct);
  const fields = names.map((name, i) => {
    const field = Object.assign(element("input"), {
      id: `trait-${i}`,
      className: "text",
      dir: "auto",
      value: String(traits[name]),
    });
    field.autocomplete = "off";
    const label = Object.assign(element("label"), { htmlFor: field.id, textContent: name });
    section.append(label, field);
    return field;
  });
  const send = action(shown, text.correctSave, async (result) => {
    const told = names.map((name, i) => [name, typed(fields[i]?.value ?? "", traits[name])]);
    Object.assign(traits, await data.correct(Object.fromEntries(told)));
    result.append(paragraph(text.corrected));
    return text.corrected;
  });
  section.append(send);
  return [section];
}

/** What was entered, as what it was before: a number stays one where it can. */
function typed(value: string, before: Props[string] | undefined): string | number | boolean | null {
  if (value === "") return null;
  if (typeof before === "number" && Number.isFinite(Number(value))) return Number(value);
  if (typeof before === "boolean" && /^(true|false)$/.test(value)) return value === "true";
  return value;
}

/** Restriction: what is kept stays, and rests (B43). */
function pause(shown: Shown): HTMLElement {
  const { text, data } = shown;
  const { state } = data;
  const means = paragraph("");
  const box = action(shown, "", async () => {
    await data.restrict(!state.restricted);
    state.restricted = !state.restricted;
    tell();
    return state.restricted ? text.restricted : text.resumed;
  });
  const press = box.firstElementChild as HTMLButtonElement;
  const tell = () => {
    means.textContent = state.restricted ? text.restricted : text.restrictMeans;
    press.textContent = state.restricted ? text.resume : text.restrict;
  };
  tell();
  press.after(means);
  return box;
}

/** Erasure (B40): asked once more, done, and proven by a receipt that can be kept. */
function erasure(into: Element, { text, data, say }: Shown): HTMLElement {
  const box = element("div");
  const start = button(text.erase, "why", () => {
    const question = titled(text.erase);
    const keep = button(text.eraseNo, "quiet", () => {
      box.replaceChildren(start);
      start.focus();
    });
    const really = button(text.eraseYes, "quiet", async () => {
      const rest = readable(text.erasing);
      box.replaceChildren(rest);
      rest.focus();
      try {
        const file = await data.erase();
        const done = readable(text.erased);
        const proof = link(text.eraseReceipt, URL.createObjectURL(file));
        into.replaceChildren(done, Object.assign(proof, { download: "erasure-receipt.json" }));
        done.focus();
      } catch {
        box.replaceChildren(paragraph(text.failed), start);
        start.focus();
        say(text.failed);
      }
    });
    question.append(paragraph(text.eraseMeans), keep, really);
    box.replaceChildren(question);
    keep.focus();
  });
  box.append(start);
  return box;
}

function titled(title: string): HTMLElement {
  const section = element("section");
  section.ariaLabel = title;
  const heading = element("h3");
  heading.textContent = title;
  section.append(heading);
  return section;
}

/** A paragraph that the focus can go to, so that it is read. */
function readable(text: string): HTMLElement {
  return Object.assign(paragraph(text), { tabIndex: -1 });
}

function paragraph(text: string): HTMLElement {
  return Object.assign(element("p"), { textContent: text });
}

function button(label: string, style: string, onClick: () => void): HTMLButtonElement {
  const made = Object.assign(element("button"), { type: "button", className: style, textContent: label });
  made.addEventListener("click", onClick);
  return made as HTMLButtonElement;
}

function link(label: string, href: string): HTMLAnchorElement {
  return Object.assign(element("a"), { className: "why", textContent: label, href });
}

function element<Name extends keyof HTMLElementTagNameMap>(name: Name): HTMLElementTagNameMap[Name] {
  return document.createElement(name);
}
