import { expect, test } from "vitest";
import { afterStatus, parseRetryAfter, retryDelayMs } from "../../client/retry.ts";

test("the wait is a random share of a bound that doubles from 1 s to 5 min", () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 50].map((failures) => retryDelayMs(failures, 0, 1));
  expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000]);
  expect(retryDelayMs(7, 0, 0)).toBe(0);
  expect(retryDelayMs(3, 0, 0.25)).toBe(1_000);
});

test("a server that asks for patience gets it, however the dice fall", () => {
  expect(retryDelayMs(1, 5_000, 0)).toBe(5_000);
  expect(retryDelayMs(10, 5_000, 1)).toBe(300_000);
});

test.each([
  ["", 0],
  ["5", 5_000],
  ["0", 0],
  ["86400", 300_000],
  ["Thu, 01 Jan 1970 00:00:20 GMT", 10_000],
  ["Thu, 01 Jan 1970 00:00:01 GMT", 0],
  ["soon", 0],
  ["-5", 0],
])("Retry-After %s is %d ms at ten seconds past the epoch", (header, ms) => {
  expect(parseRetryAfter(header, 10_000)).toBe(ms);
});

test("2xx settles; 408, 429 and 5xx are tried again; every other answer ends sending", () => {
  expect([200, 204].map(afterStatus)).toEqual(["settle", "settle"]);
  expect([408, 429, 500, 502, 503, 504].map(afterStatus)).toEqual(Array(6).fill("again"));
  expect([301, 400, 401, 403, 404, 410, 413].map(afterStatus)).toEqual(Array(7).fill("stop"));
});
