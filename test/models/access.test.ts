import { expect, test } from "vitest";
import { ACTIONS, type Action, actorName, appointsAs, may, mayAppoint, ROLES, type Role } from "../../models/access.ts";

/** What each role must not do, whatever else it may: written down apart from the table. */
const NEVER: Record<Role, Action[]> = {
  owner: [],
  admin: [],
  editor: [
    "config.approve",
    "members.manage",
    "tokens.manage",
    "keys.manage",
    "audit.read",
    "consent.read",
    "people.identify",
  ],
  approver: ["config.propose", "config.publish", "members.manage", "people.read", "people.identify", "tokens.manage"],
  analyst: ["config.propose", "config.publish", "config.approve", "campaign.stop", "people.identify", "members.manage"],
  viewer: [
    "config.propose",
    "config.publish",
    "config.approve",
    "campaign.stop",
    "people.identify",
    "events.read",
    "audit.read",
  ],
  "privacy-officer": [
    "config.propose",
    "config.publish",
    "config.approve",
    "campaign.stop",
    "members.manage",
    "tokens.manage",
  ],
};
/** What each role is there for. */
const ALWAYS: Record<Role, Action[]> = {
  owner: ACTIONS,
  admin: ACTIONS,
  editor: ["config.propose", "config.publish", "campaign.stop", "map.read"],
  approver: ["config.approve", "campaign.stop", "config.read"],
  analyst: ["map.read", "events.read", "people.read"],
  viewer: ["map.read", "config.read", "members.read"],
  "privacy-officer": ["people.identify", "people.separate", "consent.read", "audit.read"],
};

test("U40 a role may what it is there for, and nothing that is another's", () => {
  for (const role of ROLES) {
    expect([role, ALWAYS[role].filter((action) => !may(role, action))]).toEqual([role, []]);
    expect([role, NEVER[role].filter((action) => may(role, action))]).toEqual([role, []]);
  }
});

test("U41 owners are made and unmade by owners alone, everybody else by admins too, and by nobody else", () => {
  const others = ROLES.filter((role) => role !== "owner");
  for (const before of [null, ...ROLES]) {
    for (const after of [null, ...ROLES]) {
      const isOfOwners = before === "owner" || after === "owner";
      expect([before, after, mayAppoint("owner", before, after)]).toEqual([before, after, true]);
      expect([before, after, mayAppoint("admin", before, after)]).toEqual([before, after, !isOfOwners]);
      for (const role of others.filter((other) => other !== "admin"))
        expect(mayAppoint(role, before, after)).toBe(false);
    }
  }
});

test("U41 an owner's API token counts as an admin where members are made, and every other actor as what they are", () => {
  const token = { kind: "token", token: "t1", account: "a1" } as const;
  for (const role of ROLES) {
    expect(appointsAs({ kind: "account", account: "a1" }, role)).toBe(role);
    expect(appointsAs({ kind: "installation" }, role)).toBe(role);
    expect(appointsAs(token, role)).toBe(role === "owner" ? "admin" : role);
  }
});

test("U42 an actor is named by kind and id, and a token by its own id, not by whose it is", () => {
  expect(actorName({ kind: "installation" })).toBe("installation");
  expect(actorName({ kind: "account", account: "a1" })).toBe("account:a1");
  expect(actorName({ kind: "token", token: "t1", account: "a1" })).toBe("token:t1");
});
