import { expect, test } from "vitest";
import type { Action } from "../../models/access.ts";
import { configDiff } from "../../models/config-diff.ts";
import { refusedField } from "../../models/config-fields.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const KEY = { kid: "k.1", alg: "HS256" } as const;
const EDITOR: Action[] = ["config.propose", "config.publish"];
const refused = (before: object, after: object, actions: Action[]) =>
  refusedField(configDiff(before, after), (action) => actions.includes(action));

test("G49 keys take keys.manage, and governance takes config.govern, added, changed or taken away", () => {
  const governed = { ...SMALL_SITE, governance: { approvals: 1, separateDuties: true } };
  const keyed = { ...SMALL_SITE, identity: { keys: [KEY] } };
  const more = { ...SMALL_SITE, identity: { keys: [KEY, { ...KEY, kid: "k2" }] } };
  for (const [before, after, path] of [
    [SMALL_SITE, keyed, "identity"],
    [keyed, SMALL_SITE, "identity"],
    [keyed, more, "identity.keys.k2"],
    [more, keyed, "identity.keys.k2"],
  ] as const) {
    expect(refused(before, after, EDITOR)).toEqual({ why: "field", path, needs: "keys.manage" });
    expect(refused(before, after, [...EDITOR, "config.govern"])?.needs).toBe("keys.manage");
    expect(refused(before, after, [...EDITOR, "keys.manage"])).toBeNull();
  }
  const looser = { ...governed, governance: { approvals: 0, separateDuties: true } };
  for (const [before, after, path] of [
    [SMALL_SITE, governed, "governance"],
    [governed, SMALL_SITE, "governance"],
    [governed, looser, "governance.approvals"],
  ] as const) {
    expect(refused(before, after, EDITOR)).toEqual({ why: "field", path, needs: "config.govern" });
    expect(refused(before, after, [...EDITOR, "config.govern"])).toBeNull();
  }
});

test("G49 everything else takes no more than the route does, beside keys and rules that stay as they are", () => {
  const keyed = { ...SMALL_SITE, identity: { keys: [KEY] }, governance: { approvals: 1, separateDuties: false } };
  expect(
    refused(keyed, { ...keyed, campaigns: [], testMode: true, origins: ["https://x.example"] }, EDITOR),
  ).toBeNull();
  // The first configuration of a site is judged whole.
  expect(refused({}, keyed, EDITOR)?.path).toBe("identity");
  expect(refused({}, SMALL_SITE, EDITOR)).toBeNull();
});

test("G51 a source takes keys.manage, added, changed in a single rule, or taken away", () => {
  const source = {
    id: "desk",
    name: "Desk",
    signature: { scheme: "zendesk" as const },
    rules: [{ type: "track" as const, name: "A", userId: ["{a}"], messageId: "{id}" }],
  };
  const told = { ...SMALL_SITE, sources: [source] };
  const other = { ...SMALL_SITE, sources: [{ ...source, rules: [{ ...source.rules[0], userId: ["{b}"] }] }] };
  for (const [before, after] of [
    [SMALL_SITE, told],
    [told, SMALL_SITE],
    [told, other],
  ] as const) {
    expect(refused(before, after, EDITOR)).toMatchObject({
      path: expect.stringMatching(/^sources/),
      needs: "keys.manage",
    });
    expect(refused(before, after, [...EDITOR, "keys.manage"])).toBeNull();
  }
  expect(refused(told, { ...told, campaigns: [] }, EDITOR)).toBeNull();
});
