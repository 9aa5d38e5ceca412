import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "./button.tsx";
import { type Answer, call } from "./call.ts";
import { Moment, Page } from "./page.tsx";
import { deviceName, makePasskey } from "./passkey.ts";
import { Elsewhere, type SignInProps } from "./sign-in.tsx";
import { type Invitation, ROLE_MEANS, roleName, type Session } from "./told.ts";

interface JoinProps extends Omit<SignInProps, "reason"> {
  invitation: string;
  session: Session | null;
  /** Leaves the invitation alone. */
  onAway: () => void;
}

/** Follows an invitation: says to what, then makes an account, or joins as who has signed in already. */
export function Join({ invitation, session, onIn, onAway, tell, ...others }: JoinProps) {
  const [read, setRead] = useState<Answer<Invitation> | null>(null);
  useEffect(() => {
    void call<Invitation>("POST", "/api/invitations/read", { invitation }).then(setRead);
  }, [invitation]);
  if (read === null) return <p class="loading">Reading the invitation …</p>;
  if (!read.ok) {
    return (
      <Page title="This invitation can’t be followed">
        <p>{read.detail}</p>
        <Button onPress={onAway}>{session ? "To your account" : "To the sign-in"}</Button>
      </Page>
    );
  }
  const { site, role, expiresAt } = read.value;
  const enter = async (asked: Promise<Answer<unknown>>) => {
    const answer = await asked;
    if (!answer.ok) return tell(answer.detail, true);
    await onIn();
    tell(`You have joined ${site}.`);
  };
  return (
    <Page title={`Join ${site}`}>
      <p>
        You are invited to the site <strong>{site}</strong> as <span class="chip">{roleName(role)}</span>
      </p>
      <p>{ROLE_MEANS[role]}</p>
      <p class="quiet">
        The invitation is good for one person, until <Moment at={expiresAt} />.
      </p>
      {session ? (
        <div class="stack">
          <Button look="first" onPress={() => enter(call("POST", "/api/invitations/join", { invitation }))}>
            Join as {session.name}
          </Button>
          <Button onPress={onAway}>Not now</Button>
        </div>
      ) : (
        <Newcomer invitation={invitation} enter={enter} tell={tell} {...others} />
      )}
    </Page>
  );
}

type NewcomerProps = Pick<JoinProps, "invitation" | "ways" | "tell" | "onLeave"> & {
  enter: (asked: Promise<Answer<unknown>>) => Promise<void>;
};

function Newcomer({ invitation, ways, enter, tell, onLeave }: NewcomerProps) {
  const [name, setName] = useState("");
  const [isMissing, setMissing] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const isReady = () => {
    const has = name.trim() !== "";
    setMissing(!has);
    if (!has) field.current?.focus();
    return has;
  };
  const asked = { invitation, name };
  const create = async () => {
    if (!isReady()) return;
    const give = (response: object) =>
      call("POST", "/api/invitations/passkey", { ...asked, passkeyName: deviceName(), response });
    await enter(makePasskey("/api/invitations/passkey/options", asked, give));
  };
  return (
    <div class="stack">
      <label for="name">Your name, as the others of the site see it</label>
      <input
        id="name"
        ref={field}
        value={name}
        maxLength={80}
        autocomplete="name"
        aria-invalid={isMissing}
        aria-describedby="name-missing"
        onInput={({ currentTarget }) => setName(currentTarget.value)}
      />
      <p id="name-missing" class="missing">
        {isMissing ? "Write your name first." : ""}
      </p>
      <Button look="first" busy="Look at your browser’s prompt …" onPress={create}>
        Join with a passkey
      </Button>
      <Elsewhere
        ways={ways}
        asked={asked}
        says="Join with"
        enter={enter}
        tell={tell}
        onLeave={onLeave}
        isReady={isReady}
      />
      <p class="quiet">
        A passkey is kept by your device, and opened by your finger, face or PIN: there is no password to lose.
      </p>
    </div>
  );
}
