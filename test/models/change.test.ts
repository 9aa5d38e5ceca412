import { expect, test } from "vitest";
import { type Actor, may, ROLES } from "../../models/access.ts";
import {
  type Change,
  type ChangeState,
  isOpen,
  type Signature,
  STEPS,
  type Standing,
  type Step,
  type Stepped,
  scheduled,
  signatureOf,
  stepped,
  UNGOVERNED,
} from "../../models/change.ts";

const STATES: ChangeState[] = ["draft", "in-review", "approved", "live", "withdrawn", "superseded"];
const person = (account: string): Actor => ({ kind: "account", account });
const by = (account: string): Signature => signatureOf(person(account), 5);
const DRAFT: Change = {
  id: "c",
  title: "Help earlier",
  author: "account:ada",
  person: "ada",
  base: 3,
  digest: "d",
  state: "draft",
  approvals: [],
  createdAt: 1,
};
const site = (approvals: 0 | 1 | 2, separateDuties = false, version = 3): Standing => ({
  version,
  governance: { approvals, separateDuties },
  mayApprove: () => true,
  governs: false,
});
const FIRST: Standing = { ...site(0), version: 0, governance: UNGOVERNED };
const stateOf = (result: Stepped) => (result.ok ? result.change.state : result.why);

/** A change after steps that are taken. Throws at one that is not. */
function after(steps: [Step, string][], standing: Standing, change = DRAFT): Change {
  return steps.reduce((now, [step, who]) => {
    const next = stepped(now, step, by(who), standing);
    if (!next.ok) throw new Error(`${step} by ${who}: ${next.why}`);
    return next.change;
  }, change);
}

test("G44 what can be done with a change in each state, and what cannot", () => {
  const table = Object.fromEntries(
    STATES.map((state) => [
      state,
      (Object.keys(STEPS) as Step[]).flatMap((step) => {
        const result = stepped({ ...DRAFT, state }, step, by("ada"), site(0));
        return result.ok ? [`${step}: ${result.change.state}`] : [];
      }),
    ]),
  );
  expect(table).toEqual({
    draft: ["edit: draft", "submit: in-review", "withdraw: withdrawn", "publish: live"],
    "in-review": ["edit: draft", "approve: approved", "reject: draft", "withdraw: withdrawn", "publish: live"],
    approved: ["edit: draft", "approve: approved", "reject: draft", "withdraw: withdrawn", "publish: live"],
    live: [],
    withdrawn: [],
    superseded: [],
  });
  expect(STATES.filter((state) => isOpen({ state }))).toEqual(["draft", "in-review", "approved"]);
});

test("G44 each step needs an action, and a role that may not approve cannot", () => {
  const who = (step: Step) => ROLES.filter((role) => may(role, STEPS[step].needs));
  expect(who("submit")).toEqual(["owner", "admin", "editor"]);
  expect(who("approve")).toEqual(["owner", "admin", "approver"]);
  expect(who("reject")).toEqual(who("approve"));
  expect(who("publish")).toEqual(["owner", "admin", "editor"]);
});

test("G45 nothing is published with fewer approvals than the rules in force ask for, whoever publishes it", () => {
  for (const actor of [person("ada"), person("bob"), { kind: "installation" } as const]) {
    const publish = (change: Change, needed: 0 | 1 | 2) =>
      stepped(change, "publish", signatureOf(actor, 9), site(needed));
    expect(publish(DRAFT, 1)).toEqual({ ok: false, why: "approvals", needed: 1, given: 0 });
    const once = after(
      [
        ["submit", "ada"],
        ["approve", "bob"],
      ],
      site(1),
    );
    expect([once.state, stateOf(publish(once, 1)), stateOf(publish(once, 2))]).toEqual([
      "approved",
      "live",
      "approvals",
    ]);
    expect(stateOf(publish(after([["submit", "ada"]], site(1)), 0))).toBe("live");
  }
});

test("G45 two approvals are those of two people: a token is its maker's", () => {
  const once = after(
    [
      ["submit", "ada"],
      ["approve", "bob"],
      ["approve", "bob"],
    ],
    site(2),
  );
  expect([once.state, once.approvals]).toEqual(["in-review", [by("bob")]]);
  const token: Actor = { kind: "token", token: "t", account: "bob" };
  const again = stepped(once, "approve", signatureOf(token, 6), site(2));
  expect(stateOf(again)).toBe("in-review");
  expect(after([["approve", "eve"]], site(2), once).state).toBe("approved");
});

test("G45 with separate duties nobody approves what they wrote, by a token neither; without, they may", () => {
  const submitted = after([["submit", "ada"]], site(1));
  const token: Actor = { kind: "token", token: "t", account: "ada" };
  for (const actor of [person("ada"), token]) {
    const approve = (standing: Standing) => stateOf(stepped(submitted, "approve", signatureOf(actor, 6), standing));
    expect([approve(site(1, true)), approve(site(1))]).toEqual(["author", "approved"]);
  }
  // An approval from before the duties were parted counts no more.
  const own = after([["approve", "ada"]], site(1), submitted);
  expect(stateOf(stepped(own, "publish", by("bob"), site(1, true)))).toBe("approvals");
  expect(stateOf(stepped(own, "publish", by("bob"), site(1)))).toBe("live");
});

test("G45 who edits a change asks for its approvals anew, and only its author edits it", () => {
  const approved = {
    ...after(
      [
        ["submit", "ada"],
        ["approve", "bob"],
      ],
      site(1),
    ),
    scheduledFor: 99,
  };
  const edited = after([["edit", "ada"]], site(1), approved);
  expect([edited.state, edited.approvals, edited.scheduledFor]).toEqual(["draft", [], undefined]);
  expect(stateOf(stepped(approved, "edit", by("bob"), site(1)))).toBe("author");
  expect(after([["reject", "bob"]], site(1), approved)).toMatchObject({ state: "draft", approvals: [] });
});

test("G46 over a version that is in force no more nothing is proposed, approved or published, and both are named", () => {
  const moved = site(0, false, 4);
  for (const [state, step] of [
    ["draft", "edit"],
    ["draft", "submit"],
    ["in-review", "approve"],
    ["approved", "publish"],
  ] as const) {
    const refused = stepped({ ...DRAFT, state }, step, by("ada"), moved);
    expect(refused).toEqual({ ok: false, why: "conflict", base: 3, inForce: 4 });
  }
  expect(scheduled({ ...DRAFT, state: "approved" }, { at: 99, by: by("ada") }, moved)).toMatchObject({
    why: "conflict",
  });
  // To take it back is possible all the same.
  expect(stateOf(stepped(DRAFT, "withdraw", by("ada"), moved))).toBe("withdrawn");
  expect(stateOf(stepped({ ...DRAFT, state: "approved" }, "reject", by("bob"), moved))).toBe("draft");
});

test("G46 a change is scheduled where it could be published, and is approved until then", () => {
  const when = { at: 99, by: by("bob") };
  expect(scheduled(DRAFT, when, site(0))).toEqual({
    ok: true,
    change: { ...DRAFT, state: "approved", scheduledFor: 99 },
  });
  expect(stateOf(scheduled(DRAFT, when, site(1)))).toBe("approvals");
  expect(stateOf(scheduled({ ...DRAFT, state: "live" }, when, site(0)))).toBe("state");
});

test("G45 a site on which nothing was ever in force asks for no approval", () => {
  expect(stateOf(stepped({ ...DRAFT, base: 0 }, "publish", by("ada"), FIRST))).toBe("live");
  const first: Change = { ...DRAFT, base: 0, state: "in-review" };
  expect(stateOf(stepped(first, "approve", by("ada"), FIRST))).toBe("approved");
});

test("G45 an approval counts while who gave it may approve, and counts again when they may again", () => {
  const twice = after(
    [
      ["submit", "ada"],
      ["approve", "bob"],
      ["approve", "eve"],
    ],
    site(2),
  );
  const gone = (who: string) => ({ ...site(2), mayApprove: (one: string) => one !== who });
  expect(stepped(twice, "publish", by("ada"), gone("bob"))).toEqual({
    ok: false,
    why: "approvals",
    needed: 2,
    given: 1,
  });
  expect(stateOf(stepped(twice, "publish", by("ada"), gone("zoe")))).toBe("live");
  expect(stateOf(scheduled(twice, { at: 9, by: by("ada") }, gone("eve")))).toBe("approvals");
  // Another approval does not make up for one that is missing to two.
  expect(stateOf(stepped(twice, "approve", by("eve"), gone("bob")))).toBe("in-review");
  expect(stateOf(stepped(twice, "approve", by("zoe"), gone("bob")))).toBe("approved");
});

test("G45 with separate duties the installation's token approves nothing, and what it approved before counts no more", () => {
  const installation = signatureOf({ kind: "installation" }, 4);
  const submitted = after([["submit", "ada"]], site(1));
  expect(stateOf(stepped(submitted, "approve", installation, site(1, true)))).toBe("installation");
  const approved = stepped(submitted, "approve", installation, site(1));
  expect(stateOf(approved)).toBe("approved");
  const change = (approved as { change: Change }).change;
  expect(stateOf(stepped(change, "publish", by("bob"), site(1, true)))).toBe("approvals");
  expect(stateOf(stepped(change, "publish", by("bob"), site(1)))).toBe("live");
});

test("G45 a change is withdrawn by its author, or by who may govern", () => {
  const submitted = after([["submit", "ada"]], site(1));
  expect(stateOf(stepped(submitted, "withdraw", by("bob"), site(1)))).toBe("author");
  expect(stateOf(stepped(submitted, "withdraw", by("bob"), { ...site(1), governs: true }))).toBe("withdrawn");
  expect(stateOf(stepped(submitted, "withdraw", by("ada"), site(1)))).toBe("withdrawn");
});
