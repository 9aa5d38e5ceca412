// As its installation page says: the dated defaults (page views by history, autocapture of clicks and forms).
import posthog from "posthog-js";

window.bench = {
  ready: new Promise((resolve) => {
    posthog.init("phc_bench", {
      api_host: location.origin,
      defaults: "2026-01-30",
      // It would ignore a headless browser, and there would be nothing to measure.
      opt_out_useragent_filter: true,
      loaded: () => resolve(),
    });
  }),
  track: (name) => posthog.capture(name, { plan: "pro", value: 12.5 }),
  routed: () => {},
};
