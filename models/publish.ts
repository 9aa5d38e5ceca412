import { CAMPAIGN_PARAMETERS } from "./arrival.ts";
import type { PublishedTrigger, Trigger } from "./campaign.ts";
import type { PublishedConsent } from "./consent-config.ts";
import { FRICTION_DEFAULTS } from "./friction.ts";
import type { CaptureConfig, Journey, ModelRef, PublishedConfig, ScoreName, SiteConfig } from "./site-config.ts";
import { triggerKey } from "./stage.ts";

const LINK_SCHEMES = ["http:", "https:", "mailto:", "tel:"];

/** Everything that costs no further bytes, and every detector. */
export const CAPTURE_DEFAULTS = {
  clicks: true,
  forms: true,
  copies: true,
  errors: true,
  vitals: false,
  friction: FRICTION_DEFAULTS,
  query: [],
} satisfies CaptureConfig;

/** Whether a link can only lead to a page, a mail or a call. Relative links are judged against a site of any name. */
export function isSafeLink(href: string): boolean {
  try {
    return LINK_SCHEMES.includes(new URL(href, "https://site.invalid/").protocol);
  } catch {
    return false;
  }
}

/** The part of a configuration that every page may read. Never audiences, holdouts, caps, content or paused triggers. */
export function published(
  config: SiteConfig,
  { version, consent, models }: { version: number; consent: PublishedConsent; models: Record<ScoreName, ModelRef> },
): PublishedConfig {
  const live = config.campaigns.filter(({ status }) => status === "live").map(({ trigger }) => toldTrigger(trigger));
  const { value: _, ...journey } = config.journeys[0] as Journey;
  const triggers = live.filter((t, i) => live.findIndex((u) => triggerKey(u) === triggerKey(t)) === i);
  return withCampaigns({
    v: 1,
    version,
    consent,
    journey,
    triggers,
    thresholds: config.thresholds,
    models,
    engine: config.engine ?? "compact",
    // A configuration that was stored by an earlier version lacks what was not there yet.
    capture: captureOf(config.capture),
    ...(config.theme ? { theme: config.theme } : {}),
    live: config.live ?? false,
    ...(config.identity?.domains ? { handOver: config.identity.domains } : {}),
  });
}

/** What a page has to know to ask: a condition is judged at the edge, as audiences are. */
function toldTrigger(trigger: Trigger): PublishedTrigger {
  if (trigger.kind !== "touchpoint") return trigger;
  const { where: _, ...told } = trigger;
  return told;
}

/** A stored capture part, with the default of what it does not say. */
function captureOf(stored: Partial<CaptureConfig> | undefined): CaptureConfig {
  return { ...CAPTURE_DEFAULTS, ...stored, friction: { ...FRICTION_DEFAULTS, ...stored?.friction } };
}

/** Campaigns are told of every site's views: they are scrubbed as all that a site lists itself. */
function withCampaigns({ capture, ...rest }: PublishedConfig): PublishedConfig {
  return { ...rest, capture: { ...capture, query: [...new Set([...CAMPAIGN_PARAMETERS, ...capture.query])] } };
}
