import { expect, test } from "vitest";
import { visitor } from "../../../models/texts/en.ts";
import { parseSiteConfig } from "../../../worker/config/parse.ts";
import { SMALL_SITE } from "../../harness/small-site.ts";

test("I3 G2 a configuration names public keys and hosts, and no secret; what is wrong is named", () => {
  const x = "x".repeat(43);
  const key = { kid: "a", alg: "EdDSA", kty: "OKP", crv: "Ed25519", x };
  const read = (identity: unknown) => parseSiteConfig({ ...SMALL_SITE, identity }, visitor);
  const good = { keys: [key, { kid: "b", alg: "HS256" }], audience: "shop", domains: ["https://help.example"] };
  expect(read(good)).toMatchObject({ ok: true, value: { identity: good } });
  for (const [field, wrong] of [
    ["identity", 5],
    ["identity.keys.0.alg", { keys: [{ ...key, alg: "none" }] }],
    ["identity.keys.0.alg", { keys: [{ ...key, alg: "RS256" }] }],
    ["identity.keys.0.x", { keys: [{ ...key, x: "short" }] }],
    ["identity.keys.0.crv", { keys: [{ ...key, crv: "Ed448" }] }],
    ["identity.keys.0.d", { keys: [{ ...key, d: x }] }],
    ["identity.keys.0.k", { keys: [{ kid: "b", alg: "HS256", k: x }] }],
    ["identity.keys", { keys: [key, { kid: "a", alg: "HS256" }] }],
    ["identity.domains.0", { domains: ["help.example"] }],
    ["identity.domains.0", { domains: ["https://help.example/path"] }],
  ] as const) {
    expect(read(wrong)).toMatchObject({ ok: false, field });
  }
});
