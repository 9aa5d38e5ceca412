/** Strings that would run, make elements or spoil a text wherever they were taken for more than text: made here, the same each time. */

export interface Hostile {
  text: string;
  /** Whether `innerHTML` on a page without a policy calls `hit` with its number. */
  live: boolean;
}

/** What is called when one of them runs. */
const call = (n: number) => `hit(${n})`;

/** An element that calls by itself, with a place for the code, and with what stands between its attributes. */
const TAGS: ((code: string, gap: string) => string)[] = [
  (code, gap) => `<img${gap}src="x"${gap}onerror=${code}>`,
  (code, gap) => `<image${gap}src="x"${gap}onerror=${code}>`,
  (code, gap) => `<video${gap}src="x"${gap}onerror=${code}></video>`,
  (code, gap) => `<audio${gap}src="x"${gap}onerror=${code}></audio>`,
  (code, gap) => `<video><source${gap}src="x"${gap}onerror=${code}></video>`,
  (code, gap) => `<iframe${gap}onload=${code}></iframe>`,
  (code, gap) => `<details${gap}open${gap}ontoggle=${code}>more</details>`,
  (code, gap) => `<style${gap}onload=${code}></style>`,
  (code, gap) => `<svg><image${gap}href="x"${gap}onerror=${code}></image></svg>`,
  (code, gap) => `<img${gap}srcset="x"${gap}onerror=${code}>`,
];
/** Elements and addresses that wait for a press, or that only a parser of a whole page would run. */
const WAITING: ((code: string, gap: string) => string)[] = [
  (code) => `<script>${code}</script>`,
  (code, gap) => `<a${gap}href=javascript:${code}>press</a>`,
  (code, gap) => `<b${gap}onmouseover=${code}>bold</b>`,
  (code, gap) => `<form${gap}action=javascript:${code}><button>send</button></form>`,
  (code, gap) => `<meta${gap}http-equiv=refresh${gap}content="0;url=javascript:${code}">`,
  (code) => `<style>@import "javascript:${code}";*{display:none}</style>`,
  (code, gap) => `<base${gap}href=javascript:${code}//>`,
  (code) => `javascript:${code}`,
];
const GAPS = [" ", "\n", "\t", "/", " \f"];
/** Ways to write the code of an attribute that mean the same to a parser of HTML. */
const QUOTED: ((code: string) => string)[] = [
  (code) => `"${code}"`,
  (code) => `'${code}'`,
  (code) => code,
  (code) => `"${[...code].map((one) => `&#${one.charCodeAt(0)};`).join("")}"`,
  (code) => `"${[...code].map((one) => `&#x${one.charCodeAt(0).toString(16)};`).join("")}"`,
  (code) => `"${code.replace("hit", "\\u0068it")}"`,
];
/** What stands before it, to end whatever it may be in. */
const BREAKS = ["", '">', "'>", "</title></style></textarea>", "-->", "]]>", "</p></section></template>", "text "];
const CASES: ((text: string) => string)[] = [
  (text) => text,
  // Names of elements and attributes have no case; what they hold has.
  (text) => text.replace(/<\w+/, (name) => name.toUpperCase()),
];
/** Ways to write it that mean text to every parser: of one that decodes once too often they make elements. */
const INERT: ((text: string) => string)[] = [
  (text) => text.replaceAll("<", "&lt;"),
  (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;"),
  (text) => encodeURIComponent(text),
  (text) => text.replaceAll("<", "\\x3c"),
  (text) => text.replaceAll("<", "\uff1c"),
  (text) => btoa(text),
];
const MARKS: ((code: string) => string)[] = [
  (code) => `{{${code}}}`,
  (code) => `{{constructor.constructor('${code}')()}}`,
  (code) => `\${${code}}`,
  (code) => `#{${code}}`,
  (code) => `<%= ${code} %>`,
  (code) => `[[${code}]]`,
  (code) => `{%${code}%}`,
  () => "{n} {all} {name} {days}",
  () => "%s %d %n %1$s %%",
  () => "$& $1 $` $' $$ $<n>",
  () => "__proto__ constructor toString",
];
/** Characters that change what stands beside them, or that a string can only half have. */
const ODD = [
  "\u202etfel ot thgir\u202c",
  "\u2066isolated\u2069 \u200f\u200e",
  "z\u200be\u200cr\u200do \ufeffwidth\u2060",
  "\u{1f469}\u200d\u{1f52c}\u{1f1e9}\u{1f1ea} \u{20000}",
  "\ud800 half",
  "half \udc00",
  "Z\u0334\u0322a\u0337\u031blg\u0336o\u0338",
  "\u0000\u0001\u0008\u001b[31m\u007f",
  "a\r\nb\u2028c\u2029d\u0085e",
  "  spaces   before\u00a0and\tafter  ",
];
const LONG = [
  (text: string) => text.repeat(Math.ceil(2_000 / text.length)),
  (text: string) => `${"x".repeat(3_000)}${text}`,
  (text: string) => `${text}${"\u05d0 ".repeat(1_000)}`,
];

/** `count` strings, of each sort in turn, so that any number of them has its share of every sort. */
export function hostileStrings(count: number): Hostile[] {
  return Array.from({ length: count }, (_, n) => hostileString(n));
}

function hostileString(n: number): Hostile {
  const sort = n % 10;
  // Of each list the choice goes round at a length of its own, so that with time every one meets every other.
  const round = Math.floor(n / 10);
  const of = <T>(list: readonly T[], step = 1): T => list[Math.floor(round / step) % list.length] as T;
  const code = call(n);
  const live = () => {
    const made = of(TAGS)(of(QUOTED, TAGS.length)(code), of(GAPS, 3));
    return `${of(BREAKS, 7)}${of(CASES, 11)(made)}`;
  };
  switch (sort) {
    case 0:
    case 1:
    case 2:
    case 3:
      return { text: sort % 2 ? `${live()}${of(ODD)}` : live(), live: true };
    case 4:
    case 5:
      return { text: `${of(BREAKS, 2)}${of(WAITING)(code, of(GAPS, 5))}`, live: false };
    case 6:
      return { text: of(INERT)(live()), live: false };
    case 7:
      return { text: `${of(MARKS)(code)}${sort && of(ODD, 11)}`, live: false };
    case 8:
      return { text: `${of(ODD)}${n}${of(ODD, 10)}`, live: false };
    default:
      return { text: of(LONG)(of(ODD, 3) + live()), live: true };
  }
}
