import { makeAuthenticator } from "./authenticator.ts";
import { CookieClient, inviteTo } from "./console-edge.ts";
import type { Edge } from "./edge.ts";

/** A person who has followed an invitation, with a passkey and a session of their own. */
export interface MemberAt {
  account: string;
  /** Asks as a page of the console does. */
  send: (method: string, path: string, body?: unknown) => Promise<Response>;
  /** Approves, or refuses, the command line that shows a code. */
  decide: (userCode: string, approve?: boolean) => Promise<Response>;
}

/** Follows a link to a site (`SITE.SECRET`), or one that its owner makes for a role, at an edge that is its own console. */
export async function memberAt(
  edge: Edge,
  { name, invitation, site, role }: { name: string; invitation?: string; site?: string; role?: string },
): Promise<MemberAt> {
  const browser = new CookieClient();
  const send = (method: string, path: string, body?: unknown) =>
    browser.send(edge.url + path, {
      method,
      headers: { Origin: edge.url },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const followed = invitation ?? (await inviteTo(edge, site as string, role as string));
  const authenticator = await makeAuthenticator(edge.url);
  const options = await send("POST", "/api/invitations/passkey/options", { invitation: followed, name });
  const { challenge } = (await options.json()) as { challenge: string };
  const response = await authenticator.register(challenge);
  const body = { invitation: followed, name, passkeyName: "Laptop", response };
  const joined = await send("POST", "/api/invitations/passkey", body);
  if (!joined.ok) throw new Error(await joined.text());
  const { account } = (await joined.json()) as { account: string };
  return {
    account,
    send,
    decide: (userCode, approve = true) => send("POST", "/api/device/approve", { userCode, approve }),
  };
}
