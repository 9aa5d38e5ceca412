import { expect, test } from "vitest";
import { directionOf, negotiateLanguage, primaryOf } from "../../models/language.ts";

test("G14 the language is the one that the browser wants most among those that the site speaks, else the site's own", () => {
  const offered = ["en", "de", "pt-BR", "ar"] as const;
  const speaks = (header: string | null) => negotiateLanguage(header, [...offered]);
  expect(speaks("de")).toBe("de");
  expect(speaks("de-AT,de;q=0.9,en;q=0.8")).toBe("de");
  expect(speaks("fr,ar;q=0.3,de;q=0.7")).toBe("de");
  expect(speaks("fr;q=0.9, pt ;q=0.8, en;q=0.1")).toBe("pt-BR");
  expect(speaks("PT-br")).toBe("pt-BR");
  expect(speaks("de;q=0,ar;q=0.1")).toBe("ar");
  expect(negotiateLanguage("pt-BR", ["en", "pt", "pt-BR"])).toBe("pt-BR");
  for (const none of [null, "", "*", "fr", "zh-Hans,ja", ";q=", "de;q=x", "de;q=0", "-", `${"fr,".repeat(40)}de`]) {
    expect(speaks(none)).toBe("en");
  }
});

test("G14 Arabic and its neighbours are written from right to left", () => {
  expect(["ar", "AR-eg", "he", "fa-IR", "ur"].map(directionOf)).toEqual(Array(5).fill("rtl"));
  expect(["en", "de-AT", "pt", "ara"].map(directionOf)).toEqual(Array(4).fill("ltr"));
  expect(primaryOf("pt-BR")).toBe("pt");
});
