/** What a link asks the console for: to join a site, or to approve a command line. */
export type Errand = { kind: "join"; invitation: string } | { kind: "device"; code: string };

/** Where a command line's code waits while its owner signs in at a provider. An invitation waits sealed, in a cookie. */
const WAITING = "waypost-device";

/**
 * Reads what stands behind `#`, and takes it out of the address at once: an invitation is a secret, and addresses are
 * looked at, copied and kept in histories.
 */
export function takeErrand(): Errand | null {
  const fragment = location.hash.slice(1);
  if (fragment !== "") history.replaceState(null, "", location.pathname + location.search);
  const named = new URLSearchParams(fragment);
  const invitation = named.get("join");
  const code = named.get("device") ?? sessionStorage.getItem(WAITING);
  sessionStorage.removeItem(WAITING);
  if (invitation) return { kind: "join", invitation };
  return code ? { kind: "device", code } : null;
}

/** Before this page is left for a provider, and comes back as a new one. */
export function keepErrand(errand: Errand | null): void {
  if (errand?.kind === "device") sessionStorage.setItem(WAITING, errand.code);
}
