import { expect, test } from "vitest";
import { differenceInterval, type Interval, wilsonInterval } from "../../../models/analysis/interval.ts";

const rounded = (interval: Interval | null) => interval && [interval.low.toFixed(4), interval.high.toFixed(4)];

test("J50 the interval of a share is Wilson's: as Newcombe (1998) has tabled it, method 3", () => {
  expect(rounded(wilsonInterval({ count: 81, of: 263 }))).toEqual(["0.2553", "0.3662"]);
  expect(rounded(wilsonInterval({ count: 15, of: 148 }))).toEqual(["0.0624", "0.1605"]);
  expect(rounded(wilsonInterval({ count: 0, of: 20 }))).toEqual(["0.0000", "0.1611"]);
  expect(rounded(wilsonInterval({ count: 1, of: 29 }))).toEqual(["0.0061", "0.1718"]);
});

test("J50 of nothing there is no share, and of all of them the interval ends at 1", () => {
  expect(wilsonInterval({ count: 0, of: 0 })).toBeNull();
  expect(rounded(wilsonInterval({ count: 20, of: 20 }))).toEqual(["0.8389", "1.0000"]);
});

test("J51 the interval of a difference is made of both score intervals: as Newcombe (1998) has tabled it, method 10", () => {
  const of = (a: [number, number], b: [number, number]) =>
    rounded(differenceInterval({ count: a[0], of: a[1] }, { count: b[0], of: b[1] }));
  expect(of([56, 70], [48, 80])).toEqual(["0.0524", "0.3339"]);
  expect(of([9, 10], [3, 10])).toEqual(["0.1705", "0.8090"]);
  expect(of([5, 56], [0, 29])).toEqual(["-0.0381", "0.1926"]);
  expect(of([10, 10], [0, 20])).toEqual(["0.6791", "1.0000"]);
});

test("J51 a difference to nothing has no interval", () => {
  expect(differenceInterval({ count: 3, of: 9 }, { count: 0, of: 0 })).toBeNull();
  expect(differenceInterval({ count: 0, of: 0 }, { count: 3, of: 9 })).toBeNull();
});
