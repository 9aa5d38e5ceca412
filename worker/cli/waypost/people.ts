import type { SiteApi } from "./command.ts";
import { RefusedCall } from "./console-api.ts";

/** How the log names who did something, as a person reads it: by their name, where they are a member still. */
export type Named = (who: string) => string;

export async function readNames({ call, site }: Pick<SiteApi, "call" | "site">): Promise<Named> {
  const { members } = await call<{ members: { account: string; name: string | null }[] }>("listMembers", {
    parameters: { site },
  }).then(
    ({ body }) => body,
    (error) => {
      // A script's token may read what it is for, and no members.
      if (error instanceof RefusedCall) return { members: [] };
      throw error;
    },
  );
  const names = new Map(members.map(({ account, name }) => [`account:${account}`, name]));
  return (who) => names.get(who) ?? who;
}
