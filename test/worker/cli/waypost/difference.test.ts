import { expect, test } from "vitest";
import { differenceText } from "../../../../worker/cli/waypost/difference.ts";
import { table } from "../../../../worker/cli/waypost/table.ts";

const href = `https://elsewhere.example/${"x".repeat(100)}`;
const campaign = { id: "help", content: { title: "May we help?", action: { label: "Yes", href } } };
const comes = [{ path: "campaigns.help", kind: "added", after: campaign, at: 0 }] as const;

test("whoever is to agree to a change sees all of it; who has the file sees the beginning", () => {
  expect(differenceText(comes, true)).toContain(JSON.stringify(campaign));
  expect(differenceText(comes)).toMatch(/^\S*\+ campaigns\.help: .{71}…/);
  expect(differenceText(comes)).not.toContain("elsewhere");
});

test("what somebody else wrote steers no terminal: nothing is hidden, overwritten or turned round", () => {
  const planted = ["\u001b[8m", "\r", "\n", "\u202e", "\u2066", "\u0007", "\u2028"];
  for (const one of planted) {
    const text = table(["TITLE"], [[`a${one}b`]]);
    expect([one, text]).toEqual([one, expect.not.stringContaining(one === "\n" ? "a\nb" : one)]);
    const shown = differenceText([{ path: `a${one}`, kind: "changed", before: one, after: `x${one}` }], true);
    expect([one, shown.includes(`a${one}`)]).toEqual([one, false]);
  }
  expect(table(["TITLE"], [["Größe — “gut”"]])).toBe("TITLE\nGröße — “gut”");
});
