/** Who may do what with a site: one table, deny by default. */

export const ROLES = ["owner", "admin", "editor", "approver", "analyst", "viewer", "privacy-officer"] as const;
export type Role = (typeof ROLES)[number];

const EVERYBODY = ROLES;
const CHIEFS = ["owner", "admin"] as const satisfies Role[];

/**
 * What can be done with a site, and who may. The names are an API token's scopes too. `people.identify` tells apart who
 * sees a person's identity, addresses and properties from who sees them masked; `config.govern`, who says how changes are
 * decided (models/config-fields.ts) and withdraws those of others.
 */
const PERMITTED = {
  "site.grow": CHIEFS,
  "config.read": EVERYBODY,
  "config.propose": ["owner", "admin", "editor"],
  "config.approve": ["owner", "admin", "approver"],
  "config.publish": ["owner", "admin", "editor"],
  "config.govern": CHIEFS,
  "campaign.stop": ["owner", "admin", "editor", "approver"],
  "map.read": EVERYBODY,
  "people.read": ["owner", "admin", "editor", "analyst", "viewer", "privacy-officer"],
  "people.identify": ["owner", "admin", "privacy-officer"],
  "people.separate": ["owner", "admin", "privacy-officer"],
  "events.read": ["owner", "admin", "editor", "analyst"],
  "events.describe": ["owner", "admin", "editor"],
  "health.read": ["owner", "admin", "editor", "analyst", "privacy-officer"],
  "consent.read": ["owner", "admin", "privacy-officer"],
  "keys.manage": CHIEFS,
  "tokens.manage": CHIEFS,
  "members.read": EVERYBODY,
  "members.manage": CHIEFS,
  "audit.read": ["owner", "admin", "privacy-officer"],
} as const satisfies Record<string, readonly Role[]>;

export type Action = keyof typeof PERMITTED;

export const ACTIONS = Object.keys(PERMITTED) as Action[];

/** Whether a role may. */
export function may(role: Role, action: Action): boolean {
  return (PERMITTED[action] as readonly Role[]).includes(role);
}

/**
 * Whether `role` may make somebody who is `before` (null: nobody yet) `after` (null: nobody any more). Owners are made and
 * unmade by owners alone: an admin who could do it would be one.
 */
export function mayAppoint(role: Role, before: Role | null, after: Role | null): boolean {
  if (!may(role, "members.manage")) return false;
  return role === "owner" || (before !== "owner" && after !== "owner");
}

/** Who did something: the deployment's own token, a person, or a person's API token. Ids are random and name nobody. */
export type Actor =
  | { kind: "installation" }
  | { kind: "account"; account: string }
  | { kind: "token"; token: string; account: string };

/**
 * What an actor counts as where members are made and unmade. An owner's API token counts as an admin: nobody becomes an
 * owner by a secret that ends before they do.
 */
export function appointsAs({ kind }: Actor, role: Role): Role {
  return kind === "token" && role === "owner" ? "admin" : role;
}

/** An actor as the audit log names them. */
export function actorName(actor: Actor): string {
  switch (actor.kind) {
    case "installation":
      return "installation";
    case "account":
      return `account:${actor.account}`;
    case "token":
      return `token:${actor.token}`;
  }
}
