import { directionOf } from "../models/language.ts";
import type { PrivacyRecord } from "../models/privacy-record.ts";
import { isOurs } from "../models/texts/languages.ts";
import type { PrivacyText } from "../models/texts/privacy-text.ts";

/** One column of at most 70 characters; a page of text needs no more, at any width, zoom and direction. */
const CSS = `:root{color-scheme:light dark;background:#fff;color:#1c1c1c}
body{margin:0 auto;max-width:70ch;padding:1rem;font:1rem/1.6 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25}
h2{font-size:1.2rem;margin:2rem 0 .5rem}
dt{font-weight:600;margin-top:.75rem}
dd{margin:0}
ul{padding-inline-start:1.25rem}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;padding:0}
a{display:inline-block;padding:.25rem 0}
a{color:#0b57a4}
a:focus-visible{outline:3px solid;outline-offset:2px}
@media(prefers-color-scheme:dark){:root{background:#141414;color:#ececec}a{color:#9cc8ff}}`;

let policy: Promise<string> | undefined;

/** The page may do nothing but look as it does: no script, no image, no frame, no form. */
export function pagePolicy(): Promise<string> {
  policy ??= crypto.subtle.digest("SHA-256", new TextEncoder().encode(CSS)).then((digest) => {
    const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
    return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  });
  return policy;
}

/** A site's privacy record as a page that a person can read, without a script. Every text is shown as it is; `words`: of its language, or English. */
export function privacyPage(record: PrivacyRecord, words: PrivacyText, languages: readonly string[]): string {
  const spoken = isOurs(record.language) ? record.language : "en";
  const { controller, purposes, captured, stores, recipients, models, signals } = record;
  const meanings = purposes.map(({ meaning }) => `<li lang="${escaped(record.language)}">${escaped(meaning)}</li>`);
  const kept = captured.map(({ id }) => `<li>${escaped(words.captured[id])}</li>`);
  const places = stores.map(({ id, days }) => {
    const howLong = days === null ? words.untilCleared : filled(words.days, { days });
    return `<dt>${escaped(words.stores[id])}</dt><dd>${escaped(howLong)}</dd>`;
  });
  const who = recipients.map(({ name, country, url }) => {
    // A name of another script keeps its own direction.
    const named = url === undefined ? `<bdi>${escaped(name)}</bdi>` : link(url, name);
    return `<li>${named}${country === undefined ? "" : ` (${escaped(regionName(country, spoken))})`}</li>`;
  });
  const predictions = models.map(({ name, version }) => `<li>${escaped(filled(words.models[name], { version }))}</li>`);
  const [model] = models;
  const read = model ? `<p>${escaped(filled(words.modelsRead, { count: model.reads.length }))}</p>` : "";
  const title = filled(words.title, { name: controller.name });
  const contact = [controller.name, controller.contact]
    .filter((part) => part !== "")
    .map((part) => `<bdi>${escaped(part)}</bdi>`);
  return `<!doctype html>
<html lang="${escaped(spoken)}" dir="${directionOf(spoken)}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title>${escaped(title)}</title><style>${CSS}</style></head>
<body>
${languages.length > 1 ? `<nav><ul>${languages.map((one) => languageLink(one)).join("")}</ul></nav>` : ""}
<main>
<h1>${escaped(title)}</h1>
<p>${escaped(words.intro)}</p>
${section(words.controller, `<p>${contact.join("<br>")}</p>${controller.url === undefined ? "" : `<p>${link(controller.url, controller.url)}</p>`}`)}
${section(words.what, `<ul>${kept.join("")}</ul>`)}
${section(words.why, `<ul>${meanings.join("")}</ul>`)}
${section(words.howLong, `<dl>${places.join("")}</dl>`)}
${section(words.who, who.length > 0 ? `<ul>${who.join("")}</ul>` : `<p>${escaped(words.nobody)}</p>`)}
${section(words.predictions, model ? `<ul>${predictions.join("")}</ul>${read}` : `<p>${escaped(words.noModel)}</p>`)}
${section(words.signals, `<p>${escaped(signals.gpc === "all" ? words.gpcAll : words.gpcSharing)}</p>${signals.dnt ? `<p>${escaped(words.dnt)}</p>` : ""}`)}
${section(words.rights, `<p>${escaped(words.yourRights)}</p>`)}
<p><a href="?format=json">${escaped(words.machine)}</a></p>
</main>
</body>
</html>
`;
}

function section(heading: string, content: string): string {
  return `<section><h2>${escaped(heading)}</h2>${content}</section>`;
}

/** A link to where the configuration says; its parser takes http and https alone. */
function link(url: string, label: string): string {
  return `<a href="${escaped(url)}" rel="noreferrer"><bdi>${escaped(label)}</bdi></a>`;
}

function languageLink(language: string): string {
  const name = new Intl.DisplayNames([language], { type: "language" }).of(language) ?? language;
  const tag = escaped(language);
  return `<li><a href="?language=${encodeURIComponent(language)}" lang="${tag}" hreflang="${tag}">${escaped(name)}</a></li>`;
}

function regionName(country: string, language: string): string {
  return new Intl.DisplayNames([language], { type: "region" }).of(country) ?? country;
}

function filled(sentence: string, values: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] as string);
}
