import { expect, test } from "vitest";
import { csvRecords } from "../../../worker/cli/csv.ts";

function read(text: string): string[][] {
  return [...csvRecords(text)].map(({ fields }) => fields);
}

test("fields stand between commas; quotes keep commas, line ends and doubled quotes in a field", () => {
  expect(read('a,b,c\n1,"x, y",\n2,"say ""hi""\nthere",z\n')).toEqual([
    ["a", "b", "c"],
    ["1", "x, y", ""],
    ["2", 'say "hi"\nthere', "z"],
  ]);
});

test("lines may end in CR LF, the last one in nothing, and empty lines are no records", () => {
  expect(read("a,b\r\n\r\n1,2\n\n3,4")).toEqual([
    ["a", "b"],
    ["1", "2"],
    ["3", "4"],
  ]);
  expect(read("")).toEqual([]);
});

test("a record is named by the line that it begins in, also behind a field of several lines", () => {
  expect([...csvRecords('a\n"1\n2"\n\n3\n')].map(({ line }) => line)).toEqual([1, 2, 5]);
});
