import { createHmac, createPrivateKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { SchemeName } from "../../models/source-config.ts";

/** A provider as a test plays it: its secret, and what it sends beside a body. Written down apart from the edge's own table. */
export interface Sender {
  secret: string;
  headers: (body: string, said: { url: string; at: number }) => Record<string, string>;
}

const hmac = (key: string | Buffer, text: string, encoding: "hex" | "base64") =>
  createHmac("sha256", key).update(text).digest(encoding);

/** A sender with a secret of its own. `at` is ms since 1970. */
export function senderOf(scheme: SchemeName): Sender {
  const secret = randomBytes(24).toString("hex");
  switch (scheme) {
    case "stripe":
      return {
        secret,
        headers: (body, { at }) => {
          const time = Math.floor(at / 1000);
          return { "Stripe-Signature": `t=${time},v1=${hmac(secret, `${time}.${body}`, "hex")},v0=${"0".repeat(64)}` };
        },
      };
    case "zendesk":
      return {
        secret,
        headers: (body, { at }) => {
          const time = new Date(at).toISOString();
          return {
            "X-Zendesk-Webhook-Signature": hmac(secret, time + body, "base64"),
            "X-Zendesk-Webhook-Signature-Timestamp": time,
          };
        },
      };
    case "hubspot-v3":
      return {
        secret,
        headers: (body, { url, at }) => ({
          "X-HubSpot-Signature-v3": hmac(secret, `POST${url}${body}${at}`, "base64"),
          "X-HubSpot-Request-Timestamp": String(at),
        }),
      };
    case "shopify":
      return { secret, headers: (body) => ({ "X-Shopify-Hmac-SHA256": hmac(secret, body, "base64") }) };
    case "square":
      return {
        secret,
        headers: (body, { url }) => ({ "x-square-hmacsha256-signature": hmac(secret, url + body, "base64") }),
      };
    case "sendgrid":
      return sendgrid();
    case "standard-webhooks":
    case "svix":
      return standard(scheme === "svix" ? "svix" : "webhook");
    case "basic":
      return { secret, headers: () => ({ Authorization: `Basic ${btoa(`anyone:${secret}`)}` }) };
  }
}

function sendgrid(): Sender {
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "der" },
  });
  const key = createPrivateKey({ key: privateKey, format: "der", type: "pkcs8" });
  return {
    secret: publicKey.toString("base64"),
    headers: (body, { at }) => {
      const time = String(Math.floor(at / 1000));
      return {
        "X-Twilio-Email-Event-Webhook-Signature": sign("sha256", Buffer.from(time + body), key).toString("base64"),
        "X-Twilio-Email-Event-Webhook-Timestamp": time,
      };
    },
  };
}

function standard(name: "webhook" | "svix"): Sender {
  const key = randomBytes(32);
  return {
    secret: `whsec_${key.toString("base64")}`,
    headers: (body, { at }) => {
      const [id, time] = [`msg_${randomBytes(8).toString("hex")}`, Math.floor(at / 1000)];
      const signature = hmac(key, `${id}.${time}.${body}`, "base64");
      return {
        [`${name}-id`]: id,
        [`${name}-timestamp`]: String(time),
        [`${name}-signature`]: `v1,${randomBytes(32).toString("base64")} v1,${signature}`,
      };
    },
  };
}
