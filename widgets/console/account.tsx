import { useEffect, useState } from "preact/hooks";
import { Button } from "./button.tsx";
import { call } from "./call.ts";
import { Page } from "./page.tsx";
import { Passkeys } from "./passkeys.tsx";
import { Sessions } from "./sessions.tsx";
import { type Identity, type ListedSession, ROLE_MEANS, roleName, type Session } from "./told.ts";

export interface AccountProps {
  session: Session;
  tell: (text: string, isBad?: boolean) => void;
  /** Nobody is signed in any more, or has to be anew: `why` says it. */
  onOut: (why: string) => void;
}

/** One's own account: where one is a member, how one signs in, and where one is signed in. */
export function Account({ session, tell, onOut }: AccountProps) {
  const [lists, setLists] = useState<{ passkeys: Identity[]; sessions: ListedSession[] } | null>(null);
  const load = async () => {
    const [passkeys, sessions] = await Promise.all([
      call<{ passkeys: Identity[] }>("GET", "/api/passkeys"),
      call<{ sessions: ListedSession[] }>("GET", "/api/sessions"),
    ]);
    if (passkeys.ok && sessions.ok) setLists({ ...passkeys.value, ...sessions.value });
    else if (!passkeys.ok && passkeys.problem === "unauthorised") onOut("Your session has ended. Sign in again.");
    else if (!passkeys.ok) tell(passkeys.detail, true);
  };
  useEffect(() => {
    void load();
  }, []);
  const signOut = async () => {
    const answer = await call("DELETE", "/api/session");
    if (answer.ok || answer.problem === "unauthorised") onOut("You have signed out.");
    else tell(answer.detail, true);
  };
  if (lists === null) return <p class="loading">Reading your account …</p>;
  return (
    <Page title={session.name} wide>
      <div class="bar">
        <p class="quiet">Your account</p>
        <Button onPress={signOut}>Sign out</Button>
      </div>
      <Sites sites={session.sites} />
      <Passkeys passkeys={lists.passkeys} via={session.via} tell={tell} onOut={onOut} onChange={load} />
      <Sessions sessions={lists.sessions} tell={tell} onOut={onOut} onChange={load} />
    </Page>
  );
}

function Sites({ sites }: Pick<Session, "sites">) {
  return (
    <section class="part" aria-labelledby="sites">
      <h2 id="sites">Sites</h2>
      {sites.length === 0 && (
        <p class="quiet">You are a member of no site. Ask an owner of one for an invitation, and open its link here.</p>
      )}
      <ul class="rows">
        {sites.map(({ site, role }) => (
          <li key={site}>
            <div class="grow">
              <strong>{site}</strong> <span class="chip">{roleName(role)}</span>
              <p class="quiet">{ROLE_MEANS[role]}</p>
            </div>
          </li>
        ))}
      </ul>
      {sites[0] && <Terminal site={sites[0].site} />}
    </section>
  );
}

/** What is changed is changed in files: how a terminal gets them. */
function Terminal({ site }: { site: string }) {
  const edge = location.origin;
  return (
    <>
      <p>What a site shows is changed in a file, from a terminal:</p>
      <pre class="commands">
        <code>{`npx waypost login --edge ${edge}
npx waypost init --edge ${edge} --site ${site}`}</code>
      </pre>
    </>
  );
}
