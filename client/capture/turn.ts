import { type Setting, uTurnDetector } from "../../models/friction.ts";
import { scrubPath } from "../../models/scrub.ts";
import type { SourceParts } from "./sources.ts";

/**
 * U-turns, by path, from what the browser itself remembers: nothing is stored. Views of one document in every browser;
 * from document to document where the browser names the page before (Navigation API) and the page to come (`pageswap`).
 */
export function captureTurns(setting: Setting<"uTurn">, { record, listen, atEnding }: SourceParts): void {
  let view = uTurnDetector(setting);
  const enter = (path: string, atMs: number) => {
    const turn = view(path, atMs);
    if (turn) record({ type: "u_turn", name: scrubPath(turn.path), props: { why: turn.why } });
  };
  const arrive = (atMs: number) => {
    view = uTurnDetector(setting);
    const from = window.navigation?.activation?.from?.url;
    if (from) enter(new URL(from).pathname, atMs);
    enter(location.pathname, atMs);
  };
  arrive(0);
  atEnding((why) => {
    if (why === "view") enter(location.pathname, performance.now());
    return {};
  });
  listen("pageswap", ({ activation }) => {
    const to = activation?.entry?.url;
    if (to) enter(new URL(to).pathname, performance.now());
  });
  listen("pageshow", ({ persisted }) => {
    if (persisted) arrive(performance.now());
  });
}
