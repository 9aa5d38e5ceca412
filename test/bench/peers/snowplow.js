// As its documentation says: page pings, link, button and form tracking by their plugins, a page view at each route.
import { ButtonClickTrackingPlugin, enableButtonClickTracking } from "@snowplow/browser-plugin-button-click-tracking";
import { enableFormTracking, FormTrackingPlugin } from "@snowplow/browser-plugin-form-tracking";
import { enableLinkClickTracking, LinkClickTrackingPlugin } from "@snowplow/browser-plugin-link-click-tracking";
import { enableActivityTracking, newTracker, trackPageView, trackStructEvent } from "@snowplow/browser-tracker";

newTracker("bench", location.origin, {
  appId: "bench",
  plugins: [LinkClickTrackingPlugin(), FormTrackingPlugin(), ButtonClickTrackingPlugin()],
});
enableActivityTracking({ minimumVisitLength: 30, heartbeatDelay: 10 });
enableLinkClickTracking();
enableButtonClickTracking();
trackPageView();
enableFormTracking();

window.bench = {
  ready: Promise.resolve(),
  track: (name) => trackStructEvent({ category: "bench", action: name, label: "pro", value: 12.5 }),
  routed: () => trackPageView(),
};
