// As its quickstart says: load, page() at first and at each route. It captures neither clicks nor forms by itself, so
// the site calls track() for them.
import { AnalyticsBrowser } from "@segment/analytics-next";

const analytics = AnalyticsBrowser.load(
  { writeKey: "bench", cdnURL: location.origin },
  { integrations: { "Segment.io": { apiHost: `${location.host}/v1`, protocol: "http" } } },
);
analytics.page();
document.addEventListener("click", ({ target }) => {
  const element = target instanceof Element ? target.closest("a,button") : null;
  if (element) analytics.track("Clicked", { element: element.localName, text: element.textContent });
});
document.addEventListener("submit", ({ target }) => {
  if (target instanceof HTMLFormElement) analytics.track("Submitted", { form: target.id });
});

window.bench = {
  ready: analytics.ready(),
  track: (name) => analytics.track(name, { plan: "pro", value: 12.5 }),
  routed: () => analytics.page(),
};
