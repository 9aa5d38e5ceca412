import fc from "fast-check";
import { expect, test } from "vitest";
import { addressGroup, isRange, isWithin } from "../../models/address.ts";
import { excludedAs } from "../../models/excluded.ts";

test("U6 an IPv4 address is counted alone, however it is written, and an IPv6 one with its /64", () => {
  const same: [string, string][] = [
    ["192.0.2.1", "::ffff:192.0.2.1"],
    ["192.0.2.1", "::FFFF:c000:201"],
    ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"],
    ["2001:db8::1", "2001:0DB8:0000:0000:0000:0000:0000:0002"],
    ["nonsense", "2001:db8::1::2"],
  ];
  for (const [a, b] of same) expect(addressGroup(a), `${a} ${b}`).toBe(addressGroup(b));
  const groups = ["192.0.2.1", "192.0.2.2", "2001:db8:1:2::1", "2001:db8:1:3::1", "::c000:201", "nonsense"];
  expect(new Set(groups.map(addressGroup)).size).toBe(groups.length);
});

test("U6 this machine itself is nobody, and a text that only looks like it is a stranger", () => {
  for (const own of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1"]) {
    expect(addressGroup(own), own).toBe("");
  }
  for (const other of ["127.0.0.01", "127.0.0.1.evil.example", "128.0.0.1", "::2", "127.1", "0x7f.0.0.1", ""]) {
    expect(addressGroup(other), other).not.toBe("");
  }
});

test("Z1 a range holds what begins like it, of its own kind alone", () => {
  const cases: [address: string, range: string, within: boolean][] = [
    ["192.0.2.7", "192.0.2.0/24", true],
    ["192.0.3.7", "192.0.2.0/24", false],
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.8", "192.0.2.7", false],
    ["192.0.2.7", "192.0.2.6/31", true],
    ["::ffff:192.0.2.7", "192.0.2.0/24", true],
    ["203.0.113.9", "0.0.0.0/0", true],
    ["2001:db8::1", "0.0.0.0/0", false],
    ["203.0.113.9", "::/0", false],
    ["2001:db8:5::1", "2001:db8::/32", true],
    ["2001:db9::1", "2001:db8::/32", false],
    ["2001:db8::ff", "2001:db8::fe/127", true],
    ["nonsense", "0.0.0.0/0", false],
    ["", "::/0", false],
  ];
  for (const [address, range, within] of cases) expect(isWithin(address, [range]), `${address} ${range}`).toBe(within);
  expect(isWithin("192.0.2.7", [])).toBe(false);
  expect(isWithin("192.0.2.7", ["2001:db8::/32", "192.0.2.0/24"])).toBe(true);
});

test("Z1 an IPv4 address is in a range exactly when the two agree in as many bits, worked out in text", () => {
  const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
  const bits = (parts: number[]) => parts.map((part) => part.toString(2).padStart(8, "0")).join("");
  fc.assert(
    fc.property(octets, octets, fc.integer({ min: 0, max: 32 }), fc.nat(32), (a, b, length, shared) => {
      // Beginning alike for some bits, or the two would hardly ever meet.
      const alike = (bits(a).slice(0, shared) + bits(b).slice(shared)).match(/.{8}/g) as string[];
      const other = alike.map((octet) => Number.parseInt(octet, 2));
      const expected = bits(a).slice(0, length) === bits(other).slice(0, length);
      expect(isWithin(other.join("."), [`${a.join(".")}/${length}`])).toBe(expected);
    }),
  );
});

test("Z1 what is no address and no range is refused", () => {
  for (const good of [
    "192.0.2.1",
    "192.0.2.0/24",
    "0.0.0.0/0",
    "2001:db8::/32",
    "::1",
    "::ffff:192.0.2.0/24",
    "::/128",
  ]) {
    expect(isRange(good), good).toBe(true);
  }
  for (const bad of [
    "",
    "192.0.2",
    "192.0.2.256",
    "192.0.2.1/33",
    "192.0.2.1/-1",
    "192.0.2.1/024",
    "192.0.2.1/8/8",
    "192.0.2.1/",
    "2001:db8::/129",
    "2001:db8",
    "::1]/x",
    "::1%eth0",
    "example.com",
    `${"0".repeat(60)}::1`,
  ]) {
    expect(isRange(bad), bad).toBe(false);
  }
});

test("Z2 a site's own people are internal by their address or by what the page says; a site in test mode has no others", () => {
  const internal = { ips: ["192.0.2.0/24"] };
  const own = { address: "192.0.2.1", debug: false };
  const visitor = { address: "203.0.113.1", debug: false };
  expect(excludedAs(own, { internal })).toBe("internal");
  expect(excludedAs(visitor, { internal })).toBe(null);
  expect(excludedAs({ ...visitor, debug: true }, {})).toBe("internal");
  expect(excludedAs(own, {})).toBe(null);
  expect(excludedAs(own, { internal, testMode: true })).toBe("test");
  expect(excludedAs(visitor, { testMode: true })).toBe("test");
  expect(excludedAs({ ...visitor, address: "" }, { internal, testMode: false })).toBe(null);
});
