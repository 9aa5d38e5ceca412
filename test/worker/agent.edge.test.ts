import { expect, test } from "vitest";
import { agentOf, isRobot } from "../../worker/agent.ts";
import cases from "../cases/agents.json" with { type: "json" };

/** As the platform gives them: names in any case, absent ones null. */
function headersOf(values: object): Headers {
  return new Headers(values as Record<string, string>);
}

test.each(cases.agents)("Z4 $name", ({ headers, agent: [device, browser, os, language] }) => {
  expect(agentOf(headersOf(headers), "DE")).toEqual({ device, browser, os, language, country: "DE" });
});

test("Z4 a country is two letters of the platform's, and nothing else is", () => {
  const countryOf = (country: unknown) => agentOf(new Headers(), country).country;
  expect(["DE", "US", "T1"].map(countryOf)).toEqual(["DE", "US", "T1"]);
  expect(["", "de", "DEU", "<b>", undefined, null, 5, {}].map(countryOf)).toEqual(Array(8).fill(""));
});

test("Z4 whatever the headers hold, the texts are short and reading them takes no time (S27)", () => {
  const long = "Mozilla/5.0 ".repeat(50_000);
  const agent = agentOf(headersOf({ "User-Agent": long, "Sec-CH-UA-Platform": long, "Accept-Language": long }), long);
  for (const text of Object.values(agent)) expect(text.length).toBeLessThanOrEqual(20);
  expect(isRobot(headersOf({ "User-Agent": long }))).toBe(false);
});

test("Z4 a name that no browser has is not taken over: whoever sends it would make a row", () => {
  const forged = [
    "Evil<b>/1.0 x",
    "Sharewoman/1.0 (Windows NT 10.0; Win64)",
    "constructor/1.0",
    "__proto__/2 (toString)",
  ];
  expect(forged.map((userAgent) => agentOf(headersOf({ "User-Agent": userAgent }), "").browser)).toEqual([
    "",
    "",
    "",
    "",
  ]);
});

test("Z3 robots, monitors and programs are told by what they call themselves, and no browser is taken for one", () => {
  const robots = cases.robots.filter((userAgent) => isRobot(headersOf({ "User-Agent": userAgent })));
  expect(robots).toEqual(cases.robots);
  const browsers = cases.agents.slice(0, 19).map(({ headers }) => headers);
  expect(browsers.filter((headers) => isRobot(headersOf(headers)))).toEqual([]);
});
