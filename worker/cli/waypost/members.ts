import { CommandError } from "../command-error.ts";
import { type Command, openSite } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { table, timeText } from "./table.ts";

interface Team {
  members: { account: string; name: string | null; role: string; since: number }[];
  invitations: { id: string; role: string; expiresAt: number }[];
}

const USAGE = "members [invite ROLE | role ACCOUNT ROLE | remove ACCOUNT | withdraw INVITATION]";

/** `waypost members …`: who may do what. */
export const members: Command = {
  usage: USAGE,
  summary: "lists who may do what, invites, gives another role, takes out",
  async run(given) {
    const [what = "list", subject, role, ...rest] = given.words;
    const has = [subject, role].filter((word) => word !== undefined).length;
    const wants = { list: 0, invite: 1, role: 2, remove: 1, withdraw: 1 }[what];
    if (wants === undefined || has !== wants || rest.length > 0) throw new CommandError(`Use: waypost ${USAGE}`);
    const { call, site } = await openSite(given);
    switch (what) {
      case "invite": {
        const made = await call<{ link: string | null; expiresAt: number; role: string }>("inviteMember", {
          parameters: { site },
          body: { role: subject },
        });
        const { link, expiresAt } = made.body;
        if (link === null)
          throw new CommandError("The edge has no console: set CONSOLE_ORIGIN (DEPLOY.md), then invite again.");
        console.log(
          `Makes one person ${made.body.role} of ${site}, until ${timeText(expiresAt)}. It is shown this once:\n${link}`,
        );
        return EXIT.done;
      }
      case "role":
        await call("appointMember", { parameters: { site, account: subject as string }, body: { role } });
        console.log(`${subject} is ${role} of ${site} now.`);
        return EXIT.done;
      case "remove":
        await call("removeMember", { parameters: { site, account: subject as string } });
        console.log(`${subject} is no member of ${site} any more; the tokens that they made are revoked.`);
        return EXIT.done;
      case "withdraw":
        await call("withdrawInvitation", { parameters: { site, id: subject as string } });
        console.log("The link leads nowhere now.");
        return EXIT.done;
      default: {
        const { body } = await call<Team>("listMembers", { parameters: { site } });
        console.log(listed(site, body));
        return EXIT.done;
      }
    }
  },
};

function listed(site: string, { members, invitations }: Team): string {
  const people = members.map(({ account, name, role, since }) => [name ?? "", role, timeText(since), account]);
  const open = invitations.map(({ id, role, expiresAt }) => [role, timeText(expiresAt), id]);
  return [
    members.length === 0
      ? `${site} has no members yet: waypost members invite owner`
      : table(["NAME", "ROLE", "SINCE", "ACCOUNT"], people),
    ...(open.length === 0 ? [] : ["", table(["INVITED AS", "UNTIL", "INVITATION"], open)]),
  ].join("\n");
}
