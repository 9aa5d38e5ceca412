import { expect, test } from "vitest";
import type { Journey } from "../../models/site-config.ts";
import { depthOf, isMatch, pathMatches, pathOf, stageOf, triggerKey, typicalDwellMs } from "../../models/stage.ts";

const journey: Journey = {
  id: "j",
  name: "J",
  stages: [
    { id: "help", name: "Help", match: { path: "/shop/help" } },
    { id: "shop", name: "Shop", match: { path: "/shop*" }, typicalDwellMs: 5000 },
    { id: "added", name: "Added", match: { type: "track", name: "Product Added" } },
  ],
  goal: "added",
};
const at = (type: "page" | "click" | "track" | "outcome", url: string, name = "") =>
  stageOf(journey, { type, url, name });

test("J4 the first declared stage that matches wins", () => {
  expect(at("page", "https://a.example/shop/help")).toBe("help");
  expect(at("page", "https://a.example/shop/tents")).toBe("shop");
  expect(at("page", "https://a.example/")).toBe("");
});

test("J4 a stage matches pages unless it says another type, and every field that it names", () => {
  expect(at("click", "https://a.example/shop")).toBe("");
  expect(at("track", "https://a.example/shop", "Product Added")).toBe("added");
  expect(at("track", "https://a.example/shop", "Product Removed")).toBe("");
});

test("J4 a pattern is a whole path, or the beginning of one where it ends in a star", () => {
  expect(pathMatches("/cart", "/cart")).toBe(true);
  expect(pathMatches("/cart", "/cart/")).toBe(false);
  expect(pathMatches("/pay/*", "/pay/card")).toBe(true);
  expect(pathMatches("/pay/*", "/pay")).toBe(false);
  expect(pathOf("https://a.example/p?q=1")).toBe("/p");
  expect(pathOf("")).toBe("");
});

test("J5 an outcome enters no stage", () => {
  expect(at("outcome", "https://a.example/shop")).toBe("");
});

test("J4 depth is the declared order, and the typical dwell is 30 seconds where none is declared", () => {
  expect(depthOf(journey, "help")).toBe(0);
  expect(depthOf(journey, "gone")).toBe(-1);
  expect(typicalDwellMs(journey, "shop")).toBe(5000);
  expect(typicalDwellMs(journey, "help")).toBe(30_000);
});

test("W1 an ask names its trigger by score and band, or by stage", () => {
  expect(triggerKey({ kind: "score", score: "stall", band: "high" })).toBe("stall.high");
  expect(triggerKey({ kind: "stage", stage: "shop" })).toBe("stage.shop");
});

test("L46 a match names a touchpoint by type, name and path, whatever the site's stages are", () => {
  const done = { type: "track" as const, name: "Report Exported", url: "https://shop.example/reports/7" };
  expect(isMatch({ type: "track", name: "Report Exported" }, done)).toBe(true);
  expect(isMatch({ type: "track", name: "Report Exported", path: "/reports/*" }, done)).toBe(true);
  expect(isMatch({ type: "track", name: "Report Opened" }, done)).toBe(false);
  expect(isMatch({ type: "track", path: "/reports" }, done)).toBe(false);
  expect(isMatch({ name: "Report Exported" }, done)).toBe(false);
  // What the page makes of what happened is nothing that the visitor did.
  expect(isMatch({ type: "rage_click" }, { ...done, type: "rage_click" })).toBe(false);
  expect(isMatch({ type: "click" }, { ...done, type: "click" })).toBe(true);
});
