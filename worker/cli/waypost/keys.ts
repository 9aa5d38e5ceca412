import { ACTIONS } from "../../../models/access.ts";
import { CommandError } from "../command-error.ts";
import { type Command, flagText, openSite } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { table, timeText } from "./table.ts";

interface Token {
  id: string;
  name: string;
  account: string;
  scopes: string[];
  expiresAt: number;
}

const USAGE = "keys [create NAME --scopes A,B [--days N] | revoke ID]";

/** `waypost keys …`: the API tokens that scripts ask with. */
export const keys: Command = {
  usage: USAGE,
  summary: "lists API tokens, makes one, takes one back",
  options: { scopes: { type: "string" }, days: { type: "string" } },
  async run(given) {
    const [what = "list", subject, ...rest] = given.words;
    const isWhole = (what === "list") === (subject === undefined) && rest.length === 0;
    if (!["list", "create", "revoke"].includes(what) || !isWhole) throw new CommandError(`Use: waypost ${USAGE}`);
    const scopes = flagText(given, "scopes");
    const days = flagText(given, "days");
    if (what === "create" && scopes === undefined) {
      throw new CommandError(`What may it do? --scopes with some of ${ACTIONS.join(", ")}`);
    }
    const { call, site } = await openSite(given);
    if (what === "create") {
      const body = { name: subject, scopes: scopes?.split(","), ...(days === undefined ? {} : { days: Number(days) }) };
      const made = await call<Token & { token: string }>("createToken", { parameters: { site }, body });
      console.log(
        `${subject}, until ${timeText(made.body.expiresAt)}. It is shown this once; give it to a script as WAYPOST_TOKEN:\n${made.body.token}`,
      );
      return EXIT.done;
    }
    if (what === "revoke") {
      await call("revokeToken", { parameters: { site, id: subject as string } });
      console.log("It is revoked: its next request is refused.");
      return EXIT.done;
    }
    const { body } = await call<{ tokens: Token[] }>("listTokens", { parameters: { site } });
    const rows = body.tokens.map(({ name, scopes: may, expiresAt, account, id }) => [
      name,
      timeText(expiresAt),
      id,
      account,
      may.join(","),
    ]);
    console.log(
      rows.length === 0 ? `${site} has no API tokens.` : table(["NAME", "UNTIL", "ID", "MADE BY", "SCOPES"], rows),
    );
    return EXIT.done;
  },
};
