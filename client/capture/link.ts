import { scrubText } from "../../models/scrub.ts";
import type { Props } from "../../models/touchpoint.ts";
import { attribute, fits } from "./element.ts";

/** What a browser saves or hands to another program rather than shows. No other ending is told: it can be a name. */
const FILE =
  /\.(pdf|docx?|xlsx?|pptx?|rtf|txt|csv|epub|zip|rar|7z|gz|tar|dmg|pkg|exe|msi|apk|deb|rpm|iso|mp3|wav|mp4|mpe?g|mov|avi|ics|key)$/i;

/** A link, and where it leads; null where that is no address. */
export interface Link {
  element: Element;
  url: URL;
}

/** The innermost link that a click passed. */
export function linkIn(path: readonly Element[]): Link | null {
  const element = path.find((candidate) => fits(candidate, "a[href],area[href]"));
  if (!element) return null;
  try {
    return { element, url: new URL(attribute(element, "href"), element.baseURI) };
  } catch {
    return null;
  }
}

/**
 * What a click on a link tells beside its name, where the link leads off the page's own host or out of the browser: of
 * an address only its host, of a file only what kind it is, of a mail or a call nothing.
 */
export function linkProps({ element, url }: Link): Props {
  const { protocol, host, pathname } = url;
  if (protocol === "mailto:") return { link: "mail" };
  if (protocol === "tel:") return { link: "call" };
  if (fits(element, "[download]") || FILE.test(pathname)) {
    const [, extension = ""] = FILE.exec(attribute(element, "download")) ?? FILE.exec(pathname) ?? [];
    return { link: "download", extension: extension.toLowerCase() };
  }
  return /^https?:$/.test(protocol) && host !== location.host ? { link: "outbound", host: scrubText(host) } : {};
}
