import { useState } from "preact/hooks";
import { Button } from "./button.tsx";
import { call } from "./call.ts";
import { Page } from "./page.tsx";
import { signInWithPasskey } from "./passkey.ts";
import { roleName, type Session } from "./told.ts";

interface DeviceProps {
  code: string;
  session: Session;
  onAway: () => void;
}

/** How the decision ended. */
interface Ended {
  title: string;
  text: string;
}

const APPROVED = {
  title: "The command line is signed in",
  text: "Go back to it. You can end its session in your account.",
};
const REFUSED = { title: "The request was refused", text: "Nothing was signed in." };

/** Approves or refuses a command line, after its code was compared. */
export function Device({ code, session, onAway }: DeviceProps) {
  const [ended, setEnded] = useState<Ended | null>(null);
  const [told, setTold] = useState("");
  const decide = async (approve: boolean) => {
    const send = () => call("POST", "/api/device/approve", { userCode: code, approve });
    let answer = await send();
    if (!answer.ok && answer.problem === "sign-in-again" && session.via === "passkey") {
      setTold("This takes a sign-in of the last hour: show your passkey again.");
      const again = await signInWithPasskey();
      if (!again.ok) return setTold(again.detail);
      // Whose passkey it is decides who the command line will be.
      if (again.value.account !== session.account) return onAway();
      answer = await send();
    }
    if (answer.ok) setEnded(approve ? APPROVED : REFUSED);
    else setEnded({ title: "Nothing was approved", text: answer.detail });
  };
  if (ended) {
    return (
      <Page title={ended.title}>
        <p>{ended.text}</p>
        <Button onPress={onAway}>To your account</Button>
      </Page>
    );
  }
  const letters = code.toUpperCase().replaceAll(/[^A-Z]/g, "");
  return (
    <Page title="Sign in a command line?">
      <p>Approve it only if you have started it yourself, just now, and it shows this code:</p>
      <p class="code" role="img" aria-label={`Code ${[...letters].join(" ")}`}>
        {letters.slice(0, 4)}-{letters.slice(4)}
      </p>
      <p>
        For 30 days it will be able to do what you, {session.name}, may do
        {session.sites.length === 0 ? ": nothing yet, because you are a member of no site." : " here:"}
      </p>
      <ul class="plain">
        {session.sites.map(({ site, role }) => (
          <li key={site}>
            <strong>{site}</strong> <span class="chip">{roleName(role)}</span>
          </li>
        ))}
      </ul>
      <div class="stack">
        <Button look="first" onPress={() => decide(true)}>
          Approve
        </Button>
        <Button onPress={() => decide(false)}>Refuse</Button>
      </div>
      <p role="status">{told}</p>
    </Page>
  );
}
