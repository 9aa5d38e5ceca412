/** An IP address. An IPv4 address that is written as an IPv6 one (`::ffff:192.0.2.1`) is an IPv4 address. */
interface Address {
  bits: 32 | 128;
  value: bigint;
}

/** All addresses that begin with the same `length` bits. */
interface Range extends Address {
  length: number;
}

/** Longest text of a range: an IPv6 address with an IPv4 ending, and its length. */
const RANGE_TEXT_MAX = 49;
/** What one subscriber is given of IPv6, at least. */
const SUBSCRIBER_BITS = 64n;
const LOOPBACK_V4: Range = { bits: 32, value: 0x7f000000n, length: 8 };
const LOOPBACK_V6: Range = { bits: 128, value: 1n, length: 128 };

function parseAddress(text: string): Address | null {
  if (text.includes(":")) return parseIpv6(text);
  const octets = text.split(".");
  if (octets.length !== 4 || !octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255)) {
    return null;
  }
  return { bits: 32, value: octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n) };
}

function parseIpv6(text: string): Address | null {
  if (!/^[\da-f:.]+$/i.test(text)) return null;
  let host: string;
  try {
    // The platform's own reader: it gives the one short form, without an IPv4 ending.
    host = new URL(`http://[${text}]`).hostname.slice(1, -1);
  } catch {
    return null;
  }
  const [head = "", tail] = host.split("::");
  const groupsOf = (part: string) => (part === "" ? [] : part.split(":"));
  const [first, last] = [groupsOf(head), groupsOf(tail ?? "")];
  const groups = [...first, ...Array<string>(8 - first.length - last.length).fill("0"), ...last];
  const value = groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffffffffn } : { bits: 128, value };
}

/**
 * Who is counted together: an IPv4 address alone, an IPv6 one with its /64. "" for this machine itself, which is no
 * visitor's address anywhere but in a local runtime; every text that is no address is one and the same stranger.
 */
export function addressGroup(text: string): string {
  const address = parseAddress(text);
  if (!address) return "?";
  const { bits, value } = address;
  if (isIn(address, LOOPBACK_V4) || isIn(address, LOOPBACK_V6)) return "";
  return bits === 32 ? value.toString(16) : `${(value >> SUBSCRIBER_BITS).toString(16)}/64`;
}

function parseRange(text: string): Range | null {
  if (text.length > RANGE_TEXT_MAX) return null;
  const [first = "", length, ...more] = text.split("/");
  const address = parseAddress(first);
  if (!address || more.length > 0) return null;
  if (length === undefined) return { ...address, length: address.bits };
  if (!/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > address.bits) return null;
  return { ...address, length: Number(length) };
}

/** Whether a text names addresses: one, or a range in CIDR form. */
export function isRange(text: string): boolean {
  return parseRange(text) !== null;
}

/** Whether an address is in one of the ranges. A text that is no address is in none. */
export function isWithin(address: string, ranges: readonly string[]): boolean {
  const parsed = parseAddress(address);
  if (!parsed) return false;
  return ranges.some((text) => {
    const range = parseRange(text);
    return range !== null && isIn(parsed, range);
  });
}

function isIn(address: Address, range: Range): boolean {
  const rest = BigInt(range.bits - range.length);
  return address.bits === range.bits && address.value >> rest === range.value >> rest;
}
