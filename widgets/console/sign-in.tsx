import { Button } from "./button.tsx";
import { type Answer, call } from "./call.ts";
import { Page } from "./page.tsx";
import { signInWithPasskey } from "./passkey.ts";
import type { Ways } from "./told.ts";

export interface SignInProps {
  ways: Ways;
  /** What the sign-in is for, where it is for more than the console. */
  reason?: string;
  tell: (text: string, isBad?: boolean) => void;
  onIn: () => Promise<void>;
  /** Before the page is left for the provider. */
  onLeave: () => void;
}

/** Signs in: each way that the deployment offers is a button. */
export function SignIn({ ways, reason, tell, onIn, onLeave }: SignInProps) {
  const enter = async (asked: Promise<Answer<unknown>>) => {
    const answer = await asked;
    if (answer.ok) await onIn();
    else tell(answer.detail, true);
  };
  return (
    <Page title="Sign in">
      <p class="quiet">{reason ?? "The console of Waypost: for those who run a site."}</p>
      <div class="stack">
        <Button look="first" busy="Look at your browser’s prompt …" onPress={() => enter(signInWithPasskey())}>
          Sign in with a passkey
        </Button>
        <Elsewhere ways={ways} asked={{}} says="Continue with" enter={enter} tell={tell} onLeave={onLeave} />
      </div>
      <p class="quiet">
        New here? Ask an owner of your site for an invitation, and open its link in this browser. A lost passkey is
        mended in the same way.
      </p>
    </Page>
  );
}

interface ElsewhereProps extends Pick<SignInProps, "ways" | "tell" | "onLeave"> {
  /** The invitation that is followed, and the name; or nothing. */
  asked: { invitation?: string; name?: string };
  says: string;
  enter: (asked: Promise<Answer<unknown>>) => Promise<void>;
  /** Whether what has to be filled in is. */
  isReady?: () => boolean;
}

/** The ways in that somebody else keeps, where the deployment has them. */
export function Elsewhere({ ways, asked, says, enter, tell, onLeave, isReady = () => true }: ElsewhereProps) {
  const leave = async () => {
    if (!isReady()) return;
    const answer = await call<{ url: string }>("POST", "/api/sign-in/oidc", asked);
    if (!answer.ok) return tell(answer.detail, true);
    onLeave();
    location.assign(answer.value.url);
    // The page goes, and the button stays busy until it has.
    await new Promise(() => {});
  };
  const access = async () => {
    if (isReady()) await enter(call("POST", "/api/sign-in/access", asked));
  };
  return (
    <>
      {ways.oidc && <Button onPress={leave}>{says} single sign-on</Button>}
      {ways.access && <Button onPress={access}>{says} Cloudflare Access</Button>}
    </>
  );
}
