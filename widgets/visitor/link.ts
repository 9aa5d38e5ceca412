const SCHEMES = ["http:", "https:", "mailto:", "tel:"];

/**
 * The absolute address of a link that a site may show, or null (S1). `base` is the address that a relative `href`
 * counts from. Only http, https, mailto and tel pass: the parser, not a pattern, says what the scheme is, because
 * browsers skip tabs, line ends and leading controls in `java\nscript:`.
 */
export function safeLink(href: string, base: string): string | null {
  try {
    const url = new URL(href, base);
    return SCHEMES.includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
