import { expect, test } from "vitest";
import type { Env } from "../../worker/env.ts";
import { journeyObject, ledgerObject, mapObject, siteObject } from "../../worker/objects.ts";

/** A namespace that notes how it was asked: the local runtime knows no jurisdictions. */
function namespace(asked: string[], label: string): object {
  return {
    getByName: (name: string) => {
      asked.push(`${label} ${name}`);
      return { from: label };
    },
    jurisdiction: (region: string) => namespace(asked, `${label}@${region}`),
  };
}

function reach(region: object): string[] {
  const asked: string[] = [];
  const names = ["JOURNEY", "LEDGER", "SITE", "MAP"];
  const bound = Object.fromEntries(names.map((name) => [name, namespace(asked, name)]));
  const env = { ...bound, ...region } as unknown as Env;
  journeyObject(env, "demo", "visitor");
  ledgerObject(env, "demo:0");
  siteObject(env, "demo");
  mapObject(env, "demo:1:0");
  return asked;
}

test("U30 with a data region every object is reached through its jurisdiction, under the same name", () => {
  expect(reach({ DATA_REGION: "eu" })).toEqual([
    "JOURNEY@eu demo:visitor",
    "LEDGER@eu demo:0",
    "SITE@eu demo",
    "MAP@eu demo:1:0",
  ]);
});

test("U30 without a data region the namespaces are asked themselves", () => {
  const plain = ["JOURNEY demo:visitor", "LEDGER demo:0", "SITE demo", "MAP demo:1:0"];
  expect(reach({})).toEqual(plain);
  expect(reach({ DATA_REGION: "" })).toEqual(plain);
});
