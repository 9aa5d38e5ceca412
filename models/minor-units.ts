/**
 * Digits after the point of currencies that have not two: ISO 4217, list one, “minor unit”
 * (https://www.six-group.com/en/products-services/financial-information/data-standards.html).
 */
const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ...of(0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
  ...of(3, "BHD IQD JOD KWD LYD OMR TND"),
  ...of(4, "CLF UYW"),
]);
const USUAL = 2;

function of(exponent: number, currencies: string): [string, number][] {
  return currencies.split(" ").map((currency) => [currency, exponent]);
}

/**
 * An amount in a currency's smallest unit (4990 of EUR) as one in the currency (49.9). `exponents`: where a provider counts
 * otherwise. Null where it is no number, or the currency none of three letters.
 */
export function fromMinorUnits(
  amount: unknown,
  currency: unknown,
  exponents: Readonly<Record<string, number>> = {},
): number | null {
  const count = typeof amount === "string" && /^-?\d+(\.\d+)?$/.test(amount) ? Number(amount) : amount;
  if (typeof count !== "number" || !Number.isFinite(count)) return null;
  const code = typeof currency === "string" ? currency.toUpperCase() : "";
  if (!/^[A-Z]{3}$/.test(code)) return null;
  const own = Object.hasOwn(exponents, code) ? exponents[code] : undefined;
  return count / 10 ** (own ?? EXPONENTS.get(code) ?? USUAL);
}
