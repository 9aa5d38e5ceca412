/**
 * What a request says of the device that it came from: of its own accord, in the headers that every request has. Nothing
 * is asked of the page, and nothing is measured. Texts of at most 20 characters, "" where nothing is said.
 */
export interface Agent {
  device: "desktop" | "mobile" | "tablet" | "";
  browser: string;
  os: string;
  /** The first that the browser asks for, a BCP 47 tag. */
  language: string;
  /** ISO 3166-1 alpha-2, by the platform's look-up of the address; "T1" for Tor. */
  country: string;
}
