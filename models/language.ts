/** Languages that are written from right to left, by their primary subtag. */
const RIGHT_TO_LEFT = ["ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"];

/** More than a browser's settings hold: what follows is not read. */
const RANGES_MAX = 32;

/** The primary language of a BCP 47 tag, in lower case: `pt` of `pt-BR`. */
export function primaryOf(tag: string): string {
  return tag.toLowerCase().split("-", 1)[0] ?? "";
}

/** How a language is written. */
export function directionOf(tag: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.includes(primaryOf(tag)) ? "rtl" : "ltr";
}

/**
 * The language to speak, of those offered (the first of them where none is wanted): the first range of `Accept-Language`,
 * by its weight, that names one to the letter, or else by its primary language. Weight 0 means "not this one".
 */
export function negotiateLanguage(acceptLanguage: string | null, offered: readonly [string, ...string[]]): string {
  const ranges = (acceptLanguage ?? "")
    .split(",", RANGES_MAX)
    .map((range) => {
      const [tag = "", weight] = range.split(";q=");
      return { tag: tag.trim().toLowerCase(), weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  for (const { tag } of ranges) {
    const found =
      offered.find((language) => language.toLowerCase() === tag) ??
      offered.find((language) => primaryOf(language) === primaryOf(tag));
    if (found) return found;
  }
  return offered[0];
}
