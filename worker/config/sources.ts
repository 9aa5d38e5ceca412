import * as v from "valibot";
import { CHANNELS } from "../../models/channel-table.ts";
import { SCHEMES, TOLD_TYPES } from "../../models/source-config.ts";
import { PATH_FORM, TEMPLATE_FORM } from "../../models/template.ts";
import { PROP_KEY_MAX, PROPS_MAX } from "../../models/touchpoint.ts";
import { formed, ID, keyed, listOf, oneOf, strict, TEXT, whole } from "./fields.ts";
import { CONDITION } from "./triggers.ts";

const RULES_MAX = 20;
const NAMES_MAX = 5;
const TEMPLATE_MAX = 512;
const CURRENCIES_MAX = 50;
/** Beyond it a number is no longer exact. */
const NUMBER_MAX = Number.MAX_SAFE_INTEGER;

const TEMPLATE_BOUND = "a text, with places as {detail.id}, {$.account.id} or {email|lower}";
const TEMPLATE = v.pipe(
  formed(TEMPLATE_FORM, TEMPLATE_BOUND),
  v.maxLength(TEMPLATE_MAX, `at most ${TEMPLATE_MAX} characters`),
);
const PATH_BOUND = "a dotted path, as data.items";
const PATH = v.pipe(formed(PATH_FORM, PATH_BOUND), v.maxLength(TEMPLATE_MAX, `at most ${TEMPLATE_MAX} characters`));
const HEADER = formed(/^[A-Za-z0-9-]{1,64}$/, "the name of a header");

const SCHEME_BOUND = `one of ${[...SCHEMES, "hmac-sha256"].join(", ")}`;
const SIGNED = /^(?:[^{}]|\{(?:timestamp|method|url)\})*\{body\}(?:[^{}]|\{(?:timestamp|method|url)\})*$/;
const SIGNATURE = v.variant(
  "scheme",
  [
    strict({ scheme: v.picklist(SCHEMES, SCHEME_BOUND) }),
    strict({
      scheme: v.literal("hmac-sha256", SCHEME_BOUND),
      header: HEADER,
      encoding: oneOf(["hex", "base64"]),
      prefix: v.exactOptional(TEXT),
      signed: v.exactOptional(
        v.pipe(
          formed(SIGNED, "a text with {body} once, and {timestamp}, {method} or {url}"),
          v.maxLength(TEMPLATE_MAX, `at most ${TEMPLATE_MAX} characters`),
          v.description("The text that is signed; absent: {body}."),
        ),
      ),
      timestampHeader: v.exactOptional(HEADER),
    }),
  ],
  SCHEME_BOUND,
);

const MINOR_UNITS = strict({
  minorUnits: v.pipe(TEMPLATE, v.description("An amount in the currency's smallest unit.")),
  currency: TEMPLATE,
  exponents: v.exactOptional(
    v.pipe(
      keyed(formed(/^[A-Z]{3}$/, "three capital letters, as ISO 4217 has them"), whole(0, 4), CURRENCIES_MAX),
      v.description("Digits after the point, where the provider does not count as ISO 4217 does."),
    ),
  ),
});
const VALUE_BOUND = "a text, a number, true or false, or {minorUnits, currency}";
const VALUE = v.union(
  [TEMPLATE, v.pipe(v.number(), v.minValue(-NUMBER_MAX), v.maxValue(NUMBER_MAX)), v.boolean(), MINOR_UNITS],
  VALUE_BOUND,
);

const OF_A_PRODUCT = v.exactOptional(v.union([TEMPLATE, MINOR_UNITS], "a text, or {minorUnits, currency}"));
const PRODUCTS = strict({
  each: v.pipe(PATH, v.description("The list; templates beside it speak of its items.")),
  product_id: OF_A_PRODUCT,
  sku: OF_A_PRODUCT,
  name: OF_A_PRODUCT,
  brand: OF_A_PRODUCT,
  category: OF_A_PRODUCT,
  variant: OF_A_PRODUCT,
  coupon: OF_A_PRODUCT,
  price: OF_A_PRODUCT,
  quantity: OF_A_PRODUCT,
});

const KEY_BOUND = `1 to ${PROP_KEY_MAX} characters`;
const KEY = v.pipe(v.string(KEY_BOUND), v.minLength(1, KEY_BOUND), v.maxLength(PROP_KEY_MAX, KEY_BOUND));

const RULE = strict({
  when: v.exactOptional(v.pipe(CONDITION, v.description("Over one event; absent: any."))),
  type: oneOf(TOLD_TYPES),
  name: v.exactOptional(v.pipe(TEMPLATE, v.description("The event's name; of a group its id."))),
  userId: v.exactOptional(
    v.pipe(listOf(TEMPLATE, 1, NAMES_MAX), v.description("Who it is of: the first that the event has.")),
  ),
  anonymousId: v.exactOptional(listOf(TEMPLATE, 1, NAMES_MAX)),
  messageId: v.pipe(TEMPLATE, v.description("What tells the event from its repetitions.")),
  at: v.exactOptional(
    v.pipe(TEMPLATE, v.description("ISO 8601, seconds or milliseconds since 1970; absent: when it arrives.")),
  ),
  url: v.exactOptional(TEMPLATE),
  properties: v.exactOptional(keyed(KEY, VALUE, PROPS_MAX)),
  products: v.exactOptional(PRODUCTS),
});

/** A system of the site's that tells by webhooks what happens in it. */
export const SOURCE = strict({
  id: v.pipe(ID, v.description("Stands in the webhook's address.")),
  name: TEXT,
  channel: v.exactOptional(v.pipe(oneOf(CHANNELS), v.description("Where it happens; absent: on the site."))),
  signature: SIGNATURE,
  events: v.exactOptional(
    v.pipe(PATH, v.description("The list of events. Absent: a list is one, anything else is one event.")),
  ),
  rules: v.pipe(listOf(RULE, 1, RULES_MAX), v.description("The first that holds makes a touchpoint of the event.")),
});
