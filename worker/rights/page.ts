import type { About } from "../../models/about.ts";
import type { Purpose } from "../../models/consent.ts";
import { directionOf } from "../../models/language.ts";
import { reasonKind } from "../../models/reason-kind.ts";
import type { KnownText } from "../../models/texts/known-text.ts";
import type { Known, KnownOfJourney } from "./known.ts";

/** As in the banner: a comma is another sign in other scripts. */
const BETWEEN = " · ";

/** Steps that the page lists; a file has all of them. */
const STEPS_MAX = 200;

/** Who reads it, and how. */
export interface Reader {
  text: KnownText;
  /** Purposes as the site names them. */
  names: Record<Purpose, string>;
  language: string;
}

/** What is known as a page that a person can read: no script, no address, nothing that is not text. */
export function knownPage(known: Known, reader: Reader): string {
  const { language, text } = reader;
  const isKept = known.journeys.some(
    ({ journey, history, consent }) => journey.receivedAt > 0 || history.length > 0 || consent.length > 0,
  );
  const intro = fill(text.intro, { site: known.site, date: dateOf(known.at, reader) });
  const body = isKept ? known.journeys.map((journey) => journeyPart(journey, reader)).join("") : p(text.nothing);
  return `<!doctype html>
<html lang="${language}" dir="${directionOf(language)}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escaped(text.title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escaped(text.title)}</h1>${p(intro)}${body}${p(text.more)}</main></body>
</html>
`;
}

function journeyPart(known: KnownOfJourney, reader: Reader): string {
  const { text } = reader;
  const { journey, map, history, consent } = known;
  const about = map.findLast((row) => row.about !== null)?.about ?? null;
  const parts = [
    journey.restrictedAt ? p(text.restricted) : "",
    section(text.choices, choices(consent, reader)),
    section(text.team, about ? aboutList(about, reader) : ""),
    section(text.help, decisions(journey.decisions, reader)),
    section(text.browsers, devices(journey.devices ?? [], reader)),
    section(text.steps, steps(journey.folded.ring, reader)),
    section(text.history, history.length > 0 ? p(fill(text.rows, { count: String(history.length) })) : ""),
  ];
  const filled = parts.join("");
  return filled === "" ? "" : `<article>${filled}</article>`;
}

function choices(records: KnownOfJourney["consent"], reader: Reader): string {
  return list(
    records.map(({ at, granted }) => {
      const names = granted.map((purpose) => reader.names[purpose]).join(BETWEEN);
      return `${dateOf(at, reader)}: ${names || reader.text.none}`;
    }),
  );
}

function aboutList({ stage, channel, context, bands, traits }: About, { text }: Reader): string {
  const told: [string, string][] = [
    [text.stage, stage],
    [text.cameBy, channel],
    [text.device, context.split("/").filter(Boolean).join(BETWEEN)],
    ...(bands
      ? ([
          [text.stall, bands.stall],
          [text.intent, bands.intent],
        ] as [string, string][])
      : []),
    ...Object.entries(traits).map(([name, value]): [string, string] => [name, String(value)]),
  ];
  const rows = told.filter(([, value]) => value !== "");
  return rows.length === 0
    ? ""
    : `<dl>${rows.map(([name, value]) => `<dt>${escaped(name)}</dt><dd><bdi>${escaped(value)}</bdi></dd>`).join("")}</dl>`;
}

function decisions(records: KnownOfJourney["journey"]["decisions"], reader: Reader): string {
  const { text } = reader;
  if (records.length === 0) return "";
  const items = records.map(({ at, on, reservation, reason, why }) => {
    const outcome = reservation ? text.shown : text.notShown;
    // With the team's own word, by which they can ask for more.
    const reasons = [text.reasons[reasonKind(reason)], ...why].join("; ");
    return `${dateOf(at, reader)}: ${on}, ${outcome}: ${reasons} (${reason})`;
  });
  return p(text.helpIs) + list(items);
}

function devices(all: NonNullable<KnownOfJourney["journey"]["devices"]>, reader: Reader): string {
  const here = all.filter(({ parted }) => !parted);
  return here.length === 0 ? "" : p(reader.text.browsersAre) + list(here.map(({ at }) => dateOf(at, reader)));
}

function steps(ring: KnownOfJourney["journey"]["folded"]["ring"], reader: Reader): string {
  if (ring.length === 0) return "";
  const { text } = reader;
  const head = [text.time, text.what, text.where].map((name) => `<th scope="col">${escaped(name)}</th>`).join("");
  const rows = ring
    .toReversed()
    .slice(0, STEPS_MAX)
    .map(({ at, type, name, path }) => {
      const cells = [dateOf(at, reader), `${type} ${name}`.trim(), path];
      return `<tr>${cells.map((value) => `<td><bdi>${escaped(value)}</bdi></td>`).join("")}</tr>`;
    });
  const label = escaped(text.steps);
  return `${p(text.stepsAre)}<div class="scroll" role="region" tabindex="0" aria-label="${label}"><table><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function section(title: string, body: string): string {
  return body === "" ? "" : `<section><h2>${escaped(title)}</h2>${body}</section>`;
}

function list(items: readonly string[]): string {
  return items.length === 0 ? "" : `<ul>${items.map((item) => `<li>${escaped(item)}</li>`).join("")}</ul>`;
}

function p(text: string): string {
  return `<p>${escaped(text)}</p>`;
}

function fill(text: string, values: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

function dateOf(at: number, { language }: Reader): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }).format(at);
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ESCAPES[char] as string);
}

const STYLE = [
  ":root{color-scheme:light dark}",
  "body{margin:0;background:Canvas;color:CanvasText;font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}",
  "main{max-width:50rem;margin:auto;padding:1rem}",
  "article{border-block-start:1px solid;margin-block-start:1.5rem}",
  "dl{display:grid;grid-template-columns:fit-content(50%) minmax(0,1fr);gap:.25rem 1rem}dd{margin:0}",
  ".scroll{overflow-x:auto}table{border-collapse:collapse}",
  "th,td{text-align:start;padding-block:.25rem;padding-inline-end:1rem;vertical-align:top}td:first-child,th{white-space:nowrap}td{min-width:6rem}",
  ":focus-visible{outline:2px solid;outline-offset:2px}",
].join("");
