import type { OwnHmac, SchemeName, SourceSignature } from "./source-config.ts";
import { readTime } from "./written-time.ts";

/** How far the time of signing may be from the edge's, before and after: what Stripe, HubSpot and Standard Webhooks name. */
const TOLERANCE_MS = 5 * 60_000;
/** Signatures of one request that are tried: while a provider changes its key it sends two. */
const SIGNATURES_MAX = 5;

/** How the text of a secret is a key: its UTF-8; `whsec_` and base64 after it; a public key, as SPKI in base64. */
export type KeyForm = "text" | "whsec" | "spki";

interface Scheme {
  algorithm: "hmac-sha256" | "ecdsa-p256";
  header: string;
  /**
   * `plain`: the signature, after `prefix`. `pairs`: `t=TIME,v1=SIGNATURE`. `list`: `v1,SIGNATURE v1,SIGNATURE`.
   */
  form: "plain" | "pairs" | "list";
  prefix: string;
  encoding: "hex" | "base64";
  /** Of `{body}`, `{timestamp}`, `{id}`, `{method}` and `{url}`. */
  signed: string;
  /** Where the time and the id of the message stand; "": nowhere, or in the signature's own header. */
  timestampHeader: string;
  idHeader: string;
  key: KeyForm;
}

const PLAIN = {
  algorithm: "hmac-sha256",
  form: "plain",
  prefix: "",
  encoding: "base64",
  signed: "{body}",
  timestampHeader: "",
  idHeader: "",
  key: "text",
} as const;

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, and who had it first. */
function standard(name: "webhook" | "svix"): Scheme {
  return {
    ...PLAIN,
    header: `${name}-signature`,
    form: "list",
    signed: "{id}.{timestamp}.{body}",
    timestampHeader: `${name}-timestamp`,
    idHeader: `${name}-id`,
    key: "whsec",
  };
}

/** As the providers document it, read in November 2026. */
const NAMED: Readonly<Record<Exclude<SchemeName, "basic">, Scheme>> = {
  // https://docs.stripe.com/webhooks#verify-manually
  stripe: { ...PLAIN, header: "Stripe-Signature", form: "pairs", encoding: "hex", signed: "{timestamp}.{body}" },
  // https://developer.zendesk.com/documentation/webhooks/verifying/
  zendesk: {
    ...PLAIN,
    header: "X-Zendesk-Webhook-Signature",
    signed: "{timestamp}{body}",
    timestampHeader: "X-Zendesk-Webhook-Signature-Timestamp",
  },
  // https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
  "hubspot-v3": {
    ...PLAIN,
    header: "X-HubSpot-Signature-v3",
    signed: "{method}{url}{body}{timestamp}",
    timestampHeader: "X-HubSpot-Request-Timestamp",
  },
  // https://shopify.dev/docs/apps/build/webhooks/subscribe/https
  shopify: { ...PLAIN, header: "X-Shopify-Hmac-SHA256" },
  // https://developer.squareup.com/docs/webhooks/step3validate
  square: { ...PLAIN, header: "X-Square-HmacSha256-Signature", signed: "{url}{body}" },
  // https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
  sendgrid: {
    ...PLAIN,
    algorithm: "ecdsa-p256",
    header: "X-Twilio-Email-Event-Webhook-Signature",
    signed: "{timestamp}{body}",
    timestampHeader: "X-Twilio-Email-Event-Webhook-Timestamp",
    key: "spki",
  },
  "standard-webhooks": standard("webhook"),
  // https://docs.svix.com/receiving/verifying-payloads/how-manual
  svix: standard("svix"),
};

/** What is known of a request beside its body. */
export interface SignedRequest {
  method: string;
  /** Addresses that the sender may have asked: the provider signs the one that it was given. */
  urls: readonly string[];
  header: (name: string) => string | null;
}

/** A signature to be verified: over `before`, the body's bytes and `after`, of any of `around`. */
export interface SignatureClaim {
  algorithm: Scheme["algorithm"];
  key: KeyForm;
  signatures: string[];
  encoding: Scheme["encoding"];
  around: { before: string; after: string }[];
}

/** How the secret of a source is a key. */
export function keyFormOf({ scheme }: SourceSignature): KeyForm {
  return scheme === "basic" || scheme === "hmac-sha256" ? "text" : NAMED[scheme].key;
}

/**
 * What a request claims of itself by its headers; null where it claims nothing that could be verified: a header is not there
 * or has another form, or the time of signing is more than 5 minutes away. `now`: ms since 1970.
 */
export function claimOf(
  signature: Exclude<SourceSignature, { scheme: "basic" }>,
  request: SignedRequest,
  now: number,
): SignatureClaim | null {
  const scheme = schemeOf(signature);
  const header = request.header(scheme.header)?.trim() ?? "";
  const signatures = signaturesIn(header, scheme).slice(0, SIGNATURES_MAX);
  if (signatures.length === 0) return null;
  const timestamp = timestampOf(header, scheme, request);
  if (scheme.signed.includes("{timestamp}")) {
    const at = timestamp === null ? null : readTime(timestamp);
    if (at === null || Math.abs(now - at) > TOLERANCE_MS) return null;
  }
  const id = scheme.idHeader === "" ? "" : request.header(scheme.idHeader);
  if (scheme.idHeader !== "" && !id) return null;
  const { algorithm, key, encoding } = scheme;
  const around = request.urls.map((url) =>
    aroundBody(scheme.signed, { timestamp: timestamp ?? "", id: id ?? "", url, method: request.method }),
  );
  return { algorithm, key, signatures, encoding, around: distinct(around) };
}

function schemeOf(signature: Exclude<SourceSignature, { scheme: "basic" }>): Scheme {
  return signature.scheme === "hmac-sha256" ? ownScheme(signature) : NAMED[signature.scheme as keyof typeof NAMED];
}

function ownScheme({ header, encoding, prefix = "", signed = "{body}", timestampHeader = "" }: OwnHmac): Scheme {
  return { ...PLAIN, header, encoding, prefix, signed, timestampHeader };
}

function signaturesIn(header: string, { form, prefix }: Scheme): string[] {
  if (form === "plain") {
    return header.length > prefix.length && header.startsWith(prefix) ? [header.slice(prefix.length)] : [];
  }
  return form === "pairs" ? valuesOf(header.split(","), "v1=") : valuesOf(header.split(" "), "v1,");
}

/** What stands after a name, of the parts that begin with it. Other versions of a signature are left alone. */
function valuesOf(parts: readonly string[], name: string): string[] {
  const own = parts.map((part) => part.trim()).filter((part) => part.startsWith(name));
  return own.map((part) => part.slice(name.length));
}

function timestampOf(header: string, { form, timestampHeader }: Scheme, request: SignedRequest): string | null {
  if (form === "pairs") return valuesOf(header.split(","), "t=")[0] ?? null;
  return timestampHeader === "" ? null : request.header(timestampHeader);
}

function aroundBody(signed: string, places: Record<string, string>): { before: string; after: string } {
  const [before = "", after = ""] = signed.split("{body}");
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => places[name] ?? "");
  return { before: fill(before), after: fill(after) };
}

function distinct(around: readonly { before: string; after: string }[]): { before: string; after: string }[] {
  return [...new Map(around.map((one) => [`${one.before}\0${one.after}`, one])).values()];
}
