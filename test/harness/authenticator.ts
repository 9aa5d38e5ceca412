/**
 * A passkey of this program's own, made by the standard and not by the library under test: what no browser's authenticator
 * would do (answer another origin, count backwards, leave its owner unverified) it does when it is asked to.
 */
export interface Made {
  origin?: string;
  host?: string;
  type?: string;
  verified?: boolean;
  counter?: number;
  userHandle?: string;
  fmt?: "none" | "packed-with-certificate";
}

export interface Authenticator {
  id: string;
  register: (challenge: string, made?: Made) => Promise<object>;
  answer: (challenge: string, made?: Made) => Promise<object>;
}

const utf8 = new TextEncoder();

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function joined(...parts: (Uint8Array | number[])[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

const sha256 = async (bytes: BufferSource) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** CBOR (RFC 8949): texts and maps below 24 of size, bytes from 24 to 65,535. */
const text = (value: string) => joined([0x60 + value.length], utf8.encode(value));
const bytes = (value: Uint8Array) =>
  joined(value.length < 256 ? [0x58, value.length] : [0x59, value.length >> 8, value.length & 255], value);

export async function makeAuthenticator(origin: string): Promise<Authenticator> {
  const host = new URL(origin).hostname;
  const pair = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
  ])) as CryptoKeyPair;
  const raw = new Uint8Array((await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer);
  const credential = crypto.getRandomValues(new Uint8Array(16));
  const id = base64url(credential);
  // {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
  const key = joined([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21], bytes(raw.slice(1, 33)), [0x22], bytes(raw.slice(33)));

  const clientData = (challenge: string, made: Made, type: string) =>
    utf8.encode(
      JSON.stringify({ type: made.type ?? type, challenge, origin: made.origin ?? origin, crossOrigin: false }),
    );
  /** Flags: 1 present, 4 verified, 64 a key is attached. */
  const authData = async (made: Made, attached: Uint8Array) => {
    const flags = 1 | (made.verified === false ? 0 : 4) | (attached.length > 0 ? 64 : 0);
    const counter = made.counter ?? 0;
    const counted = [counter >>> 24, (counter >> 16) & 255, (counter >> 8) & 255, counter & 255];
    return joined(await sha256(utf8.encode(made.host ?? host)), [flags], counted, attached);
  };
  const answer = (response: object) => ({ id, rawId: id, type: "public-key", clientExtensionResults: {}, response });

  return {
    id,
    register: async (challenge, made = {}) => {
      const attached = joined(new Uint8Array(16), [0, credential.length], credential, key);
      const statement =
        made.fmt === "packed-with-certificate"
          ? joined([0xa3], text("alg"), [0x26], text("sig"), bytes(new Uint8Array(70)), text("x5c"), [0x81], bytes(key))
          : new Uint8Array([0xa0]);
      const object = joined(
        [0xa3],
        text("fmt"),
        text(made.fmt ? "packed" : "none"),
        text("attStmt"),
        statement,
        text("authData"),
        bytes(await authData(made, attached)),
      );
      return answer({
        clientDataJSON: base64url(clientData(challenge, made, "webauthn.create")),
        attestationObject: base64url(object),
        transports: ["internal"],
      });
    },
    answer: async (challenge, made = {}) => {
      const data = await authData(made, new Uint8Array());
      const client = clientData(challenge, made, "webauthn.get");
      const signed = joined(data, await sha256(client));
      const algorithm = { name: "ECDSA", hash: "SHA-256" };
      const signature = new Uint8Array(await crypto.subtle.sign(algorithm, pair.privateKey, signed));
      return answer({
        clientDataJSON: base64url(client),
        authenticatorData: base64url(data),
        signature: base64url(der(signature)),
        ...(made.userHandle === undefined ? {} : { userHandle: made.userHandle }),
      });
    },
  };
}

/** A signature of two numbers of 32 bytes, as ASN.1 has it. */
function der(signature: Uint8Array): Uint8Array {
  const integer = (number: Uint8Array) => {
    const start = number.findIndex((byte) => byte !== 0);
    const bare = number.slice(start);
    const positive = (bare[0] as number) > 127 ? [0, ...bare] : [...bare];
    return [2, positive.length, ...positive];
  };
  const numbers = [...integer(signature.slice(0, 32)), ...integer(signature.slice(32))];
  return joined([0x30, numbers.length], numbers);
}
