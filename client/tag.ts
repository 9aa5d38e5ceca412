/**
 * `waypost.js`, the one script tag (DESIGN §5): takes over the queue, reads its attributes, fetches the configuration
 * and opens the consent gate. Everything else is loaded later, and only if the gate lets it.
 */
import { startApi } from "./api.ts";
import { readSetting } from "./setting.ts";

try {
  const setting = readSetting();
  if (setting) startApi(setting);
} catch {
  // The page that we are a guest on goes on as if we were not there.
}
