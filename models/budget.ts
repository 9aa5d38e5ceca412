import type { Campaign } from "./campaign.ts";
import type { WrittenContent } from "./content.ts";

/** Whether each showing of a campaign takes one of a number that all visitors share. */
export function drawsOnBudget(campaign: Campaign): boolean {
  return campaign.budget !== undefined || hasPool(campaign);
}

/** Whether what is asked may have to be paid for out of a budget. */
export function hasBudgets(campaigns: readonly Campaign[]): boolean {
  return campaigns.some((campaign) => campaign.status === "live" && drawsOnBudget(campaign));
}

/** Whether its visitors get codes of the campaign's own list. */
export function hasPool({ content, translations = {}, variants = [] }: Campaign): boolean {
  const told = [{ content, translations }, ...variants];
  return told.some((one) => [one.content, ...Object.values(one.translations ?? {})].some(isPool));
}

function isPool(content: WrittenContent | undefined): boolean {
  return content !== undefined && "code" in content && content.code !== undefined && "pool" in content.code;
}

/** What became of a lease: what is kept of it here, or that nothing is known. */
export type LeaseEnd = "spent" | "returned" | "open" | "unknown";
