import { setTimeout as wait } from "node:timers/promises";
import { CommandError } from "../command-error.ts";
import { type Command, flagText, type Given } from "./command.ts";
import { type ConsoleApi, connect, RefusedCall } from "./console-api.ts";
import { EXIT } from "./exit-code.ts";
import { edgeOf, findProject, keepCredential, tokenFor } from "./project.ts";
import { table } from "./table.ts";

interface Request {
  deviceCode: string;
  userCode: string;
  verificationUrl: string;
  expiresInS: number;
  intervalS: number;
}

interface Session {
  name: string;
  sites: { site: string; role: string }[];
}

/** `waypost login`: the browser signs in, and this terminal is let in by its code. */
export const login: Command = {
  usage: "login [--edge URL]",
  summary: "signs this terminal in, by a browser",
  async run(given) {
    const edge = await edgeNamed(given);
    const api = await connect({ edge });
    const { body: request } = await api.call<Request>("askForDevice");
    console.log(`Open this in a browser where you are signed in, or can sign in:\n\n  ${request.verificationUrl}\n`);
    console.log(`and see that it shows ${request.userCode}.`);
    const giveUpAt = Date.now() + request.expiresInS * 1_000;
    while (Date.now() < giveUpAt) {
      const token = await ask(api, request);
      if (token !== null) {
        await keepCredential(edge, token);
        const { body } = await (await connect({ edge, token })).call<Session>("readSession");
        console.log(`Signed in as ${body.name}.`);
        console.log(sitesOf(body));
        return EXIT.done;
      }
      await wait(request.intervalS * 1_000);
    }
    throw new CommandError("Nobody has answered within ten minutes: waypost login begins again.");
  },
};

/** `waypost logout`: ends the session at the edge, and forgets it here. */
export const logout: Command = {
  usage: "logout [--edge URL]",
  summary: "ends the session of this terminal",
  async run(given) {
    const edge = await edgeNamed(given);
    const { call } = await connect({ edge, token: await tokenFor(edge) });
    await call("signOut").catch((error) => {
      // A session that is over already is what was asked for.
      if (!(error instanceof RefusedCall) || error.status !== 401) throw error;
    });
    await keepCredential(edge, null);
    console.log("Signed out.");
    return EXIT.done;
  },
};

/** `waypost whoami`: who this terminal is, and what of. */
export const whoami: Command = {
  usage: "whoami [--edge URL]",
  summary: "says who this terminal is signed in as, and of which sites",
  async run(given) {
    const edge = await edgeNamed(given);
    const { body } = await (await connect({ edge, token: await tokenFor(edge) })).call<Session>("readSession");
    console.log(`${body.name}, at ${edge}`);
    console.log(sitesOf(body));
    return EXIT.done;
  },
};

async function edgeNamed(given: Given): Promise<string> {
  const edge = edgeOf(flagText(given, "edge") ?? process.env.WAYPOST_EDGE ?? (await findProject())?.edge);
  if (edge === undefined) throw new CommandError("At which edge? Give --edge https://console.example");
  return edge;
}

/** The token, or null while nobody has answered, or the edge has not. Throws `CommandError` where it was refused. */
async function ask(api: ConsoleApi, { deviceCode }: Request): Promise<string | null> {
  try {
    const { status, body } = await api.call<{ token?: string }>("redeemDevice", { body: { deviceCode } });
    return status === 200 ? (body.token ?? null) : null;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (!(error instanceof RefusedCall) || error.status === 429 || error.status >= 500) return null;
    throw error.status === 403 ? new CommandError("It was refused in the browser.") : error;
  }
}

function sitesOf({ sites }: Session): string {
  if (sites.length === 0) return "You are no member of any site: ask an owner for an invitation.";
  return table(
    ["SITE", "ROLE"],
    sites.map(({ site, role }) => [site, role]),
  );
}
