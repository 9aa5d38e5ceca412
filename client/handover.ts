import { HANDOVER_PARAMETER, HANDOVER_VALID_MS, type HandedOver, type HandoverToken } from "../models/handover.ts";
import type { Listen } from "./capture/listen.ts";
import type { PageContext } from "./context.ts";
import { DATABASE } from "./database-name.ts";
import { SECRET_KEY } from "./stored.ts";

/** Before the edge calls a token over, so that a slow page load fits in. */
const RENEW_AFTER_MS = HANDOVER_VALID_MS / 2;

interface Handover {
  context: PageContext;
  listen: Listen;
  signal: AbortSignal;
}

/**
 * Takes the visitor along to the site's other hosts, and takes up who was brought along to this one: by a token that is
 * good once, for a minute. Only under a grant of `analytics`, here and there.
 */
export function startHandover(handover: Handover): void {
  takeUp(handover).catch(handover.context.log);
  const { handOver = [] } = handover.context.config;
  if (handOver.length === 0) return;
  const prepare = ({ target }: Event) => {
    const link = target instanceof Element ? target.closest<HTMLAnchorElement>("a[href]") : null;
    if (link && handOver.includes(link.origin)) brings(link, handover).catch(handover.context.log);
  };
  // Whoever is about to follow a link points at it, touches it or moves the focus to it: before that no token is made.
  handover.listen("pointerover", prepare);
  handover.listen("pointerdown", prepare);
  handover.listen("focusin", prepare);
}

/** Links that have a token now, with what they were. */
const prepared = new WeakSet<HTMLAnchorElement>();

async function brings(link: HTMLAnchorElement, { context, signal }: Handover): Promise<void> {
  if (prepared.has(link)) return;
  prepared.add(link);
  const { href } = link;
  try {
    const { token } = (await asked(context, { to: link.origin })) as HandoverToken;
    const url = new URL(href);
    url.searchParams.set(HANDOVER_PARAMETER, token);
    if (link.href === href && !signal.aborted) link.href = url.href;
    // It is used up, or over: the link is what it was, and has another the next time.
    const back = () => {
      if (link.href === url.href) link.href = href;
      prepared.delete(link);
    };
    const timer = setTimeout(back, RENEW_AFTER_MS);
    link.addEventListener("click", () => setTimeout(back), { once: true, signal });
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      back();
    });
  } catch (error) {
    prepared.delete(link);
    throw error;
  }
}

/** The parameter leaves the address before anything else is done with it. */
async function takeUp({ context, signal }: Handover): Promise<void> {
  const url = new URL(location.href);
  const token = url.searchParams.get(HANDOVER_PARAMETER);
  if (token === null) return;
  url.searchParams.delete(HANDOVER_PARAMETER);
  history.replaceState(history.state, "", url);
  // A visitor who lasts for this page alone is not carried on. A link that is none of the site's may bring somebody else's token.
  const isOwnLink = context.config.handOver?.some((from) => document.referrer.startsWith(`${from}/`));
  if (!context.durable || !isOwnLink) return;
  const made = context.gate.stamp;
  const { secret, consent } = (await asked(context, { token })) as HandedOver;
  // Withdrawn meanwhile: nobody comes back by an answer that was on its way.
  if (signal.aborted || secret === context.gate.secret) return;
  context.hear({ objects: undefined, ...consent }, made);
  localStorage.setItem(SECRET_KEY, secret);
  // As another tab's change is heard: what is unsent goes out as who it was, and capture begins anew as who it is.
  dispatchEvent(new StorageEvent("storage", { key: SECRET_KEY, newValue: secret }));
  // The token and the features there belong to who it was.
  indexedDB.deleteDatabase(DATABASE);
}

async function asked({ setting, gate }: PageContext, what: object): Promise<unknown> {
  const { base, site, credentials } = setting;
  const reply = await fetch(`${base}v1/handover`, {
    method: "POST",
    body: JSON.stringify({ v: 1, site, secret: gate.secret, consent: gate.stamp, ...what }),
    referrerPolicy: "origin",
    headers: { "content-type": "text/plain" },
    credentials,
  });
  if (!reply.ok) throw new Error(`not handed over: ${reply.status}`);
  return reply.json();
}
