import type { ItemResult, ServerItem } from "../../../models/server-item.ts";
import type { SourceConfig } from "../../../models/source-config.ts";
import { readWebhook } from "../../../models/webhook-mapping.ts";
import { printable } from "./table.ts";

/** What a payload becomes by a source's rules, in words; `isGood`: nothing of it is refused. `now`: ms since 1970. */
export function triedText(source: SourceConfig, payload: unknown, now: number): { text: string; isGood: boolean } {
  const read = readWebhook(source, payload, now);
  if (!read.ok) return { text: `The payload must be: ${read.bound}, at “${read.field}”.`, isGood: false };
  const { items, refused, ignored } = read.value;
  const told = [
    ...items.map(({ index, item }) => ({ index, lines: touchpointLines(item) })),
    ...refused.map((result) => ({ index: result.index, lines: [refusalLine(result)] })),
  ].sort((a, b) => a.index - b.index);
  const lines = told.flatMap(({ index, lines: [head, ...rest] }) => [`event ${index}: ${head}`, ...rest]);
  const counts = `${items.length} become touchpoints, ${ignored} ignored, ${refused.length} refused.`;
  return {
    text: [...lines, ...(lines.length > 0 ? [""] : []), counts].map(printable).join("\n"),
    isGood: refused.length === 0,
  };
}

function touchpointLines({ name, isUser, messageId, touchpoint }: ServerItem): string[] {
  const { type, name: event, at, url, props, products = [], channel } = touchpoint;
  const who = "userId" in name ? `user ${name.userId}` : `visitor ${name.anonymousId}`;
  const what = type === "identify" ? type : `${type} “${event}”`;
  const more = Object.entries({
    of: isUser === undefined ? who : `${who}, who is user ${isUser}`,
    at: new Date(at).toISOString(),
    ...(channel ? { channel } : {}),
    ...(url === "" ? {} : { url }),
    id: messageId,
  });
  const told = Object.entries(props).map(([key, value]) => `    ${key}: ${JSON.stringify(value)}`);
  const lines = products.map((product) => `    product: ${JSON.stringify(product)}`);
  return [what, ...more.map(([key, value]) => `  ${key} ${value}`), ...told, ...lines];
}

function refusalLine(result: ItemResult): string {
  return result.result === "refused" ? `refused: “${result.field}” must be: ${result.bound}.` : result.result;
}
