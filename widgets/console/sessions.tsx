import type { AccountProps } from "./account.tsx";
import { Button, TwiceButton } from "./button.tsx";
import { type Answer, call } from "./call.ts";
import { Moment } from "./page.tsx";
import type { ListedSession, Via } from "./told.ts";

interface SessionsProps extends Pick<AccountProps, "tell" | "onOut"> {
  sessions: ListedSession[];
  onChange: () => Promise<void>;
}

const BY: Record<Via, string> = {
  passkey: "by passkey",
  oidc: "by single sign-on",
  access: "by Cloudflare Access",
  device: "approved in the console",
};

/** Where an account is signed in: each can be ended, and all at once. */
export function Sessions({ sessions, tell, onOut, onChange }: SessionsProps) {
  const report = async (answer: Answer<unknown>, done: () => unknown) => {
    if (answer.ok) await done();
    else tell(answer.detail, true);
  };
  const end = async ({ id, current }: ListedSession) =>
    report(await call("DELETE", `/api/sessions/${id}`), async () => {
      if (current) return onOut("You have signed out.");
      await onChange();
      tell("The session has ended: its next request is refused.");
    });
  const endAll = async () =>
    report(await call("DELETE", "/api/sessions"), () => onOut("You have signed out everywhere."));
  return (
    <section class="part" aria-labelledby="sessions">
      <h2 id="sessions">Where you are signed in</h2>
      <ul class="rows">
        {sessions.map((one) => (
          <li key={one.id}>
            <div class="grow">
              <strong>{one.kind === "cli" ? "Command line" : "Browser"}</strong>{" "}
              {one.current && <span class="chip">this one</span>}
              <p class="quiet">
                Since <Moment at={one.createdAt} />, {BY[one.via]}; last used <Moment at={one.lastSeenAt} />, to the
                hour
              </p>
            </div>
            <Button
              label={`End the session of ${one.kind === "cli" ? "a command line" : "a browser"}${one.current ? ", this one" : ""}`}
              onPress={() => end(one)}
            >
              End
            </Button>
          </li>
        ))}
      </ul>
      <TwiceButton again="Sign out everywhere now" onPress={endAll}>
        Sign out everywhere
      </TwiceButton>
    </section>
  );
}
