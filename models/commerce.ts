import type { Props, Refusal, Touchpoint } from "./touchpoint.ts";

/** The events of Segment's e-commerce specification, version 2, in lower case: names are compared without case. */
const EVENTS: readonly string[] = [
  "products searched",
  "product list viewed",
  "product list filtered",
  "promotion viewed",
  "promotion clicked",
  "product clicked",
  "product viewed",
  "product added",
  "product removed",
  "cart viewed",
  "checkout started",
  "checkout step viewed",
  "checkout step completed",
  "payment info entered",
  "order completed",
  "order updated",
  "order refunded",
  "order cancelled",
  "coupon entered",
  "coupon applied",
  "coupon denied",
  "coupon removed",
  "product added to wishlist",
  "product removed from wishlist",
  "wishlist product added to cart",
  "product shared",
  "cart shared",
  "product reviewed",
];
const ORDERS = {
  "order completed": "completed",
  "order updated": "updated",
  "order refunded": "refunded",
  "order cancelled": "cancelled",
} as const;

/** One line of a basket, list or order. */
export interface Product {
  product_id?: string;
  sku?: string;
  name?: string;
  brand?: string;
  category?: string;
  variant?: string;
  coupon?: string;
  /** Of one piece, in the touchpoint's currency. */
  price?: number;
  quantity?: number;
  /** Place in the list, as the site counts. */
  position?: number;
}
type TextField = "product_id" | "sku" | "name" | "brand" | "category" | "variant" | "coupon";
type NumberField = "price" | "quantity" | "position";
const TEXTS: readonly TextField[] = ["product_id", "sku", "name", "brand", "category", "variant", "coupon"];
const NUMBERS: readonly NumberField[] = ["price", "quantity", "position"];

export const PRODUCTS_MAX = 50;
/** Longest text of a product, in UTF-16 code units: that of a prop. */
const PRODUCT_TEXT_MAX = 512;
/** How many of the faults of one touchpoint are named: an answer must not be larger than what it answers. */
const LEFT_MAX = 5;
/** Props that are amounts in `currency`. */
const AMOUNTS = ["revenue", "total", "value"] as const;

/** What a touchpoint of a shop carries, and what of it was left out because it broke a bound. */
export interface Commerce {
  props: Props;
  products: Product[];
  left: Refusal[];
}

/** Whether an event is one of a shop: only these carry products. */
export function isCommerceEvent(name: string): boolean {
  return EVENTS.includes(name.toLowerCase());
}

/**
 * Reads the products and the money of an event of a shop. What breaks a bound is left out and named, and nothing else
 * is lost with it: an order counts, whatever is wrong with one of its lines. Fields that are not known are left out.
 */
export function readCommerce(props: Props, products: unknown): Commerce {
  const left: Refusal[] = [];
  const kept: Props = {};
  for (const [name, value] of Object.entries(props)) {
    const [read, bound] = readProp(name, value);
    if (bound === null) kept[name] = read;
    else left.push(wrong(`props.${name}`, bound));
  }
  return { props: kept, products: readProducts(products ?? [], left), left: left.slice(0, LEFT_MAX) };
}

function readProp(name: string, value: Props[string]): [value: Props[string], bound: string | null] {
  if (value === null) return [value, null];
  if (AMOUNTS.some((amount) => amount === name)) {
    const read = amount(value);
    return [read, read === null ? "a finite number" : null];
  }
  if (name !== "currency") return [value, null];
  const code = String(value).trim().toUpperCase();
  return /^[A-Z]{3}$/.test(code) ? [code, null] : [null, "three letters, as ISO 4217 has them"];
}

function readProducts(value: unknown, left: Refusal[]): Product[] {
  if (!Array.isArray(value)) {
    left.push(wrong("products", "a list"));
    return [];
  }
  if (value.length > PRODUCTS_MAX) left.push({ ...wrong("products", `at most ${PRODUCTS_MAX}`), reason: "too-many" });
  const products: Product[] = [];
  for (const [i, item] of value.slice(0, PRODUCTS_MAX).entries()) {
    const product = readProduct(item, `products.${i}`);
    if ("ok" in product) left.push(product);
    else products.push(product);
  }
  return products;
}

function readProduct(item: unknown, place: string): Product | Refusal {
  const given: Record<string, unknown> = typeof item === "object" && item !== null ? { ...item } : {};
  const product: Product = {};
  for (const field of TEXTS) {
    const value = given[field] ?? "";
    // Shops number their products: 4711 and "4711" are one.
    const text = typeof value === "number" ? String(value) : value;
    if (typeof text !== "string") return wrong(`${place}.${field}`, "a string");
    if (text.length > PRODUCT_TEXT_MAX) {
      return { ...wrong(`${place}.${field}`, `at most ${PRODUCT_TEXT_MAX} characters`), reason: "too-long" };
    }
    if (text !== "") product[field] = text;
  }
  for (const field of NUMBERS) {
    const value = given[field] ?? null;
    if (value === null) continue;
    const read = amount(value);
    if (read === null || read < 0) return wrong(`${place}.${field}`, "a finite number, not below 0");
    product[field] = read;
  }
  return Object.keys(product).length > 0 ? product : wrong(place, "an object with a known field");
}

/** A finite number, also as SDKs write it into a text: `"49.90"`. Null for anything else. */
function amount(value: unknown): number | null {
  const read = typeof value === "string" && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
  return typeof read === "number" && Number.isFinite(read) ? read : null;
}

function wrong(field: string, bound: string): Refusal {
  return { ok: false, reason: "malformed", field, bound };
}

export interface Order {
  kind: (typeof ORDERS)[keyof typeof ORDERS];
  /** "" where the shop gave none. */
  orderId: string;
  /** As the shop gave it, `revenue` before `total` before `value`; else the sum of the products' prices; null where neither is there. */
  revenue: number | null;
  /** ISO 4217, "" where the shop gave none. */
  currency: string;
  products: Product[];
}

/** The order that a touchpoint tells of, or null. A refund's revenue is as the shop gave it. */
export function orderOf({ type, name, props, products = [] }: Touchpoint): Order | null {
  const event = name.toLowerCase();
  if (type !== "track" || !Object.hasOwn(ORDERS, event)) return null;
  const given = AMOUNTS.map((amount) => props[amount]).find((value) => typeof value === "number");
  const { order_id: orderId = "", currency = "" } = props;
  return {
    kind: ORDERS[event as keyof typeof ORDERS],
    orderId: String(orderId ?? ""),
    revenue: typeof given === "number" ? given : sumOf(products),
    currency: typeof currency === "string" ? currency : "",
    products,
  };
}

function sumOf(products: readonly Product[]): number | null {
  const priced = products.filter(({ price }) => price !== undefined);
  if (priced.length === 0) return null;
  return priced.reduce((sum, { price = 0, quantity = 1 }) => sum + price * quantity, 0);
}
