import type { Agent } from "./agent.ts";
import type { Subject } from "./progress.ts";
import type { Journey } from "./site-config.ts";

/** What a request says of the browser that sent it, as one text: `mobile/Chrome/Android/de/DE`. */
export function contextOf(agent: Agent): string {
  const { device, browser, os, language, country } = agent;
  return [device, browser, os, language, country].map((text) => text.replaceAll("/", " ")).join("/");
}

/**
 * What audiences and segments may speak of: documented in worker/README.md. A function of the touchpoints alone, so that
 * a segment does not depend on when or how they came.
 */
export function attributesOf(subject: Subject, journey: Journey): Record<string, unknown> {
  const { features, channel, firstChannel, lastChannel, context } = subject;
  const [device = "", browser = "", os = "", language = "", country = ""] = context.split("/");
  return {
    journey: journey.id,
    stage: features.stage,
    visits: features.visitsBefore + 1,
    returning: features.visitsBefore > 0,
    touchpoints: features.touchpoints,
    pages: features.pages,
    returns: features.returns,
    goal: features.goal,
    channel,
    firstChannel,
    lastChannel,
    device,
    browser,
    os,
    language,
    country,
  };
}
