/**
 * Secrets as pages have them, and where pages put them: what test/client/secrets.node.test.ts plants. Made by a seeded
 * generator, so that a failure names the same secret in every run.
 */

/** A text that nobody but the visitor and the site may see, and where it stands. */
export interface Secret {
  place: string;
  shape: Shape;
  value: string;
}

/** `words` tells nothing by its form: it is kept out by where it stands alone. */
type Shape = "words" | "email" | "phone" | "card" | "ssn" | "iban" | "jwt" | "hex" | "uuid" | "code" | "key";
/** What can be told by its form: it may stand anywhere. */
const TELLING: readonly Shape[] = ["email", "phone", "card", "ssn", "iban", "jwt", "hex", "uuid", "code", "key"];

let state = 20_261_122;
/** mulberry32 */
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
function some(alphabet: string, count: number): string {
  return Array.from({ length: count }, () => alphabet[Math.floor(random() * alphabet.length)]).join("");
}
const DIGITS = "0123456789";
const LETTERS = "bcdfghjklmnpqrstvwxz";

/** The last digit by which a card's number adds up (Luhn). */
function withCheck(digits: string): string {
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const doubled = Number(digit) * (i % 2 === 0 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return digits + ((10 - (sum % 10)) % 10);
}

function base64url(value: string): string {
  return Buffer.from(value).toString("base64url");
}

const MAKE: Record<Shape, () => string> = {
  words: () => `zq${some(LETTERS, 14)}`,
  email: () => `${some(LETTERS, 12)}@${some(LETTERS, 8)}.example`,
  phone: () => `+44 20 ${some(DIGITS, 4)} ${some(DIGITS, 4)}`,
  card: () => withCheck(`4${some(DIGITS, 14)}`).replace(/(....)(?=.)/g, "$1 "),
  ssn: () => `0${some(DIGITS, 2)}-${some(DIGITS, 2)}-${some(DIGITS, 4)}`,
  iban: () => `DE${some(DIGITS, 20)}`.replace(/(....)(?=.)/g, "$1 "),
  jwt: () => `${base64url('{"alg":"HS256"}')}.${base64url(`{"sub":"${some(LETTERS, 12)}"}`)}.${some(LETTERS, 40)}`,
  hex: () => some("0123456789abcdef", 32),
  uuid: () => [8, 4, 4, 4, 12].map((count) => some("0123456789abcdef", count)).join("-"),
  code: () => some(DIGITS, 6),
  key: () => `${some(LETTERS, 2)}7${some(LETTERS, 3)}${some(`${DIGITS}${LETTERS}-_`, 18)}5${some(LETTERS, 8)}`,
};

export const secrets: Secret[] = [];

function plant(place: string, shape: Shape = "words"): string {
  const value = MAKE[shape]();
  secrets.push({ place, shape, value });
  return value;
}
/** One of each telling shape at a place. */
function each<T>(place: string, use: (value: string, i: number) => T, shapes: readonly Shape[] = TELLING): T[] {
  return shapes.map((shape, i) => use(plant(place, shape), i));
}

/** What a request must not hold of a secret, in lower case without anything but letters and digits. */
export function needlesOf({ shape, value }: Secret): string[] {
  const plain = core(value);
  switch (shape) {
    case "email":
      return value.split("@").map((part) => core(part.replace(".example", "")));
    case "jwt":
      return value.split(".").slice(1).map(core);
    case "words":
      return [plain];
    default: {
      // A part of it that is long enough to be nobody else's.
      const length = Math.min(plain.length, 10);
      return Array.from({ length: plain.length - length + 1 }, (_, i) => plain.slice(i, i + length));
    }
  }
}

export function core(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, "");
}

const TYPES = "text search email tel url number password hidden date time month week datetime-local color range file";
const TYPED = ["text", "search", "email", "tel", "url", "password"];

const fields = [
  ...TYPES.split(" ").map((type) => `<input type="${type}" name="f-${type}" value="${plant(`value of ${type}`)}">`),
  ...[
    "placeholder",
    "title",
    "data-note",
    "aria-description",
    "aria-valuetext",
    "aria-placeholder",
    "list",
    "pattern",
  ].map((name) => `<input name="a-${name}" required ${name}="${plant(`${name} of a field`)}">`),
  ...["cc-number", "cc-csc", "one-time-code", "street-address", "current-password", "bday"].map(
    (kind) => `<input name="auto-${kind}" autocomplete="${kind}" value="${plant(`autofilled ${kind}`)}">`,
  ),
  `<textarea name="note">${plant("text of a textarea")}</textarea>`,
  `<textarea name="note2" placeholder="${plant("placeholder of a textarea")}"></textarea>`,
  `<select name="city"><option value="${plant("value of an option")}">${plant("text of an option")}</option>
    <optgroup label="${plant("label of options")}"><option>${plant("text of a further option")}</option></optgroup></select>`,
  `<input name="towns" list="towns"><datalist id="towns"><option>${plant("what a list suggests")}</option></datalist>`,
  `<output>${plant("output of a form")}</output><progress title="${plant("title of a progress")}"></progress>`,
  `<input type="checkbox" name="agree" value="${plant("value of a checkbox")}" aria-label="Agree">`,
  `<input type="radio" name="pick" value="${plant("value of a radio button")}" aria-label="Pick">`,
];
const fieldNames = [
  ...each("label of a field", (value, i) => `<label>${value}<input name="l${i}"></label>`),
  ...each("aria-label of a field", (value, i) => `<input name="m${i}" aria-label="${value}" required>`),
  ...each("name of a field", (value) => `<input name="${value}" required>`),
  ...each("id of a field", (value) => `<input id="${value}" required>`),
];
const formNames = [
  ...each(
    "aria-label of a form",
    (value, i) => `<form aria-label="${value}"><input name="n${i}"><button>Go</button></form>`,
  ),
  ...each("id of a form", (value, i) => `<form id="${value}"><input name="o${i}"><button>Go</button></form>`),
  ...each("name of a form", (value, i) => `<form name="${value}"><input name="p${i}"><button>Go</button></form>`),
];
const captions = [
  ...each("text of a button", (value) => `<button>Send to ${value}</button>`),
  ...each("text of a button in parts", (value) => `<button>${value.replace(/ /g, "</b> <b>")}</button>`),
  ...each("aria-label of a button", (value) => `<button aria-label="${value}">x</button>`),
  ...each("title of a button", (value) => `<button title="${value}"></button>`),
  ...each("caption of a push button", (value) => `<input type="button" value="${value}">`),
  ...each("alternative text of an image", (value) => `<a href="#img"><img alt="${value}" src="data:,"></a>`),
  ...each("text of a link", (value) => `<a href="#link">${value}</a>`),
  ...each("name of an event in the markup", (value) => `<button data-waypost-event="${value}">x</button>`),
  ...each("aria-label round what is copied", (value) => `<section class="copied" aria-label="${value}">Text</section>`),
];
const hidden = [
  ...["value", "data-secret", "name", "id", "class", "form", "popovertarget"].map(
    (name) => `<button ${name}="${plant(`${name} of a button`)}">Plain</button>`,
  ),
  `<div data-waypost-mask><button>${plant("masked by an ancestor")}</button></div>`,
  `<div data-waypost-mask><form aria-label="${plant("form that is masked")}"><input name="${plant("field that is masked")}"></form></div>`,
  `<div data-waypost-ignore><button>${plant("ignored by an ancestor")}</button></div>`,
  `<div data-waypost-ignore><form aria-label="${plant("form that is ignored")}"><input name="x"></form></div>`,
  `<button><span data-waypost-mask>${plant("masked part of a button")}</span> Save</button>`,
  `<button><template>${plant("template in a button")}</template><style>.${plant("style in a button")}{}</style> Send</button>`,
  `<button><span aria-hidden="true">${plant("part that is hidden from screen readers")}</span> Close</button>`,
  `<button><span hidden>${plant("part that is hidden")}</span> Open</button>`,
  `<div contenteditable="true">${plant("text of an editor")} <a href="#e">${plant("link in an editor")}</a>
    <button aria-label="${plant("button in an editor")}">x</button></div>`,
  `<div role="textbox" tabindex="0">${plant("text of a textbox")}</div>`,
  `<div id="typed" contenteditable="true">${plant("text that names a button")}</div><button aria-labelledby="typed">x</button>`,
  `<input id="typed2" value="${plant("field that names a button")}"><button aria-labelledby="typed2">x</button>`,
  `<button>Pay <input value="${plant("field in a button")}"></button>`,
  `<label>Gift for <span contenteditable="true">${plant("editor in a label")}</span><input type="checkbox"></label>`,
  `<p>${plant("text of a paragraph")}</p><!-- ${plant("comment")} -->`,
  `<p class="copied">${plant("text that is copied")}</p>`,
];
const links = [
  ...each("target of a mail link", (value) => `<a href="mailto:${value}">Write</a>`, ["email", "words", "key"]),
  ...each("target of a call link", (value) => `<a href="tel:${value}">Call</a>`, ["phone", "words", "code"]),
  ...each("path of a link", (value) => `<a href="/reset/${encodeURIComponent(value)}">Reset</a>`),
  ...each("path of a link elsewhere", (value) => `<a href="https://127.0.0.1:9/${value}">Out</a>`, [
    "words",
    "hex",
    "email",
  ]),
  ...each("query of a link", (value) => `<a href="https://127.0.0.1:9/?t=${value}#${value}">Out</a>`, ["words", "jwt"]),
  ...each("credentials of a link", (value) => `<a href="https://u:${value}@127.0.0.1:9/">Out</a>`, ["words"]),
  ...each("name of a file", (value) => `<a href="/${value}.pdf" download="${value}">Save</a>`, ["words", "uuid"]),
];
const shadow = `<button>Buy <i>${plant("email in a shadow root", "email")}</i></button>
  <input name="s" value="${plant("value in a shadow root")}"><div contenteditable="true">${plant("editor in a shadow root")}</div>
  <form aria-label="${plant("form in a shadow root", "card")}"><input name="${plant("field in a shadow root", "key")}" required></form>`;
const closedShadow = `<button>${plant("closed shadow root")}</button><input value="${plant("field in a closed shadow root")}">`;
const frame = `<title>${plant("title of a frame")}</title><button>${plant("button in a frame")}</button>
  <form aria-label="${plant("form in a frame")}"><input value="${plant("field in a frame")}"></form>`;

/** The page's body: everything stands in it before anybody has done anything. */
export const BODY = `
<form id="order" aria-label="Delivery">${fields.join("\n")}${fieldNames.join("\n")}<button>Order</button></form>
${[...formNames, ...captions, ...hidden, ...links].join("\n")}
<div id="open"><template>${shadow}</template></div><div id="closed"><template>${closedShadow}</template></div>
<iframe srcdoc="${frame.replaceAll('"', "&quot;")}"></iframe>`;

/** What happens on it, for the page to do: all of it planted as well. */
export const DOINGS = {
  typed: Object.fromEntries(TYPED.map((type) => [type, plant(`typed into ${type}`)])),
  typedNote: plant("typed into a textarea"),
  pasted: plant("pasted text"),
  storage: { local: plant("localStorage"), session: plant("sessionStorage"), cookie: plant("cookie") },
  windowName: plant("window.name"),
  historyState: plant("history.state"),
  console: plant("console of the page"),
  titles: each("title of the page", (value) => `Hello ${value}`),
  paths: each(
    "path of the page",
    (value) => `/u/${encodeURIComponent(value)}/x`,
    TELLING.filter((shape) => shape !== "code"),
  ),
  routes: each("route in the fragment", (value) => `#/u/${encodeURIComponent(value)}`, [
    "email",
    "hex",
    "card",
    "jwt",
    "uuid",
  ]),
  fragments: each("fragment", (value) => `#access_token=${value}`, ["words", "jwt", "hex"]),
  messages: [
    ...each("message of an error", (value) => `No account for ${value}`),
    ...each("message of an error, quoted", (value) => `Unexpected token in "${value}"`, ["words", "email"]),
  ],
  rejections: each("message of a rejection", (value) => `Refused ${value}`, ["email", "jwt", "phone"]),
  notJson: plant("text that is no JSON"),
};

/** Where the visitor arrives, and from where. */
export const ARRIVAL = {
  path: `/u/${plant("path arrived at", "email")}/reset/${plant("path arrived at", "hex")};sid=${plant("path parameter")}`,
  query: [
    `token=${plant("query")}`,
    `session=${plant("query", "jwt")}`,
    `q=${encodeURIComponent(plant("query that the site keeps", "email"))}`,
    `gclid=${plant("click id")}`,
    `fbclid=${plant("click id", "key")}`,
    `utm_content=${plant("campaign", "email")}`,
    `utm_id=${plant("campaign", "uuid")}`,
    `utm_term=${encodeURIComponent(plant("campaign", "phone"))}`,
  ].join("&"),
  fragment: `#id_token=${plant("fragment arrived at", "jwt")}`,
  referrer: `https://mail.example/${plant("path of the referrer")}?t=${plant("query of the referrer")}`,
};
