/** What headers say of a browser; "" for what they do not say. */
export interface Agent {
  device: "desktop" | "mobile" | "tablet" | "";
  browser: string;
  os: string;
  language: string;
  country: string;
}
