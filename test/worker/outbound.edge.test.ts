import { expect, test } from "vitest";

test("N1 in workerd too, another host is refused by the runner, before anybody is asked", async () => {
  const answer = await fetch("http://planted.invalid/").then((response) => response.text(), String);
  expect(answer).toContain("tests speak to this machine alone, not to http://planted.invalid/");
});
