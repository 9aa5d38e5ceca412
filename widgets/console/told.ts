import type { Role } from "../../models/access.ts";

/** What the API tells of the one who has signed in. */
export interface Session {
  account: string;
  name: string;
  sites: { site: string; role: Role }[];
  via: Via;
}

export type Via = "passkey" | "oidc" | "access" | "device";

/** The ways in that are offered. */
export interface Ways {
  passkey: boolean;
  oidc: boolean;
  access: boolean;
}

export interface Identity {
  id: string;
  kind: "passkey" | "oidc" | "access";
  name: string;
  createdAt: number;
  lastUsedAt: number;
}

export interface ListedSession {
  id: string;
  kind: "browser" | "cli";
  via: Via;
  createdAt: number;
  lastSeenAt: number;
  current: boolean;
}

export interface Invitation {
  site: string;
  role: Role;
  expiresAt: number;
}

/** What a role is good for, in a line. */
export const ROLE_MEANS: Record<Role, string> = {
  owner: "May do everything, and decides who may what.",
  admin: "May do everything but make owners.",
  editor: "Proposes and publishes what visitors meet; reads maps, people and events.",
  approver: "Approves what others propose, and stops campaigns.",
  analyst: "Reads maps, people (masked), events and health.",
  viewer: "Reads maps, and people (masked).",
  "privacy-officer": "Reads people with their identities, what proves consents, and the log of changes.",
};

/** A role, as a person would say it. */
export function roleName(role: Role): string {
  return role.replace("-", " ");
}
