import type { Page } from "playwright-core";

interface AxNode {
  nodeId: string;
  ignored: boolean;
  role?: { value: string };
  name?: { value: string };
  properties?: { name: string; value: { value?: unknown } }[];
  childIds?: string[];
  parentId?: string;
}

/** Roles that say nothing of their own to a screen reader's user. */
const SILENT = ["none", "generic", "InlineTextBox", "ListMarker"];

/**
 * What Chromium tells assistive technology about the landmark with this name, a line a node: "button Close". Text
 * that only repeats its parent's name is left out; `expanded`, `checked` and `live` are added where the node has them.
 */
export async function axTree(page: Page, landmark: string, role = "region"): Promise<string[]> {
  const cdp = await page.context().newCDPSession(page);
  const { nodes } = (await cdp.send("Accessibility.getFullAXTree")) as { nodes: AxNode[] };
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const top = nodes.find((node) => node.role?.value === role && node.name?.value === landmark);
  return top ? lines(top, byId) : [];
}

function lines(node: AxNode, byId: Map<string, AxNode>): string[] {
  const role = node.role?.value ?? "none";
  const name = node.name?.value ?? "";
  const states = (node.properties ?? [])
    .filter((property) => ["expanded", "live", "checked"].includes(property.name))
    .map((property) => ` [${property.name}=${property.value.value}]`);
  const repeated = role === "StaticText" && byId.get(node.parentId ?? "")?.name?.value === name;
  const own = node.ignored || SILENT.includes(role) || repeated ? [] : [`${role} ${name}${states.join("")}`.trim()];
  const below = (node.childIds ?? []).flatMap((id) => {
    const child = byId.get(id);
    return child ? lines(child, byId) : [];
  });
  return [...own, ...below];
}
