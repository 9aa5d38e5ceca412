import { useEffect, useState } from "preact/hooks";
import { Account } from "./account.tsx";
import { call } from "./call.ts";
import { Device } from "./device.tsx";
import { type Errand, keepErrand, takeErrand } from "./fragment.ts";
import { Join } from "./join.tsx";
import { type Message, Told } from "./message.tsx";
import { Page } from "./page.tsx";
import { SignIn } from "./sign-in.tsx";
import type { Session, Ways } from "./told.ts";

/** What is known of who sits here; absent: not yet. */
interface Here {
  session: Session | null;
  ways: Ways;
}

const NOTHING: Message = { text: "", isBad: false };
const TO_APPROVE = "A command line asks to be signed in. Sign in first, to see what it asks for.";

/** The console: which page is shown follows from the link that led here, and from who has signed in. */
export function App() {
  const [errand, setErrand] = useState<Errand | null>(takeErrand);
  const [here, setHere] = useState<Here | "failed" | null>(null);
  const [told, setTold] = useState(NOTHING);
  const tell = (text: string, isBad = false) => setTold({ text, isBad });

  const look = async () => {
    const [session, ways] = await Promise.all([
      call<Session>("GET", "/api/session"),
      call<Ways>("GET", "/api/sign-in"),
    ]);
    if (!ways.ok) return setHere("failed");
    setHere({ session: session.ok ? session.value : null, ways: ways.value });
  };
  useEffect(() => {
    void look();
    const again = () => {
      const next = takeErrand();
      if (!next) return;
      setErrand(next);
      setTold(NOTHING);
    };
    addEventListener("hashchange", again);
    return () => removeEventListener("hashchange", again);
  }, []);

  const away = () => {
    setErrand(null);
    setTold(NOTHING);
  };
  const out = (why: string) => {
    setHere((was) => (was !== null && was !== "failed" ? { ...was, session: null } : was));
    tell(why);
  };
  const inAgain = async () => {
    setTold(NOTHING);
    await look();
  };
  return (
    <>
      <header>
        <span class="brand">Waypost</span>
      </header>
      {pageOf()}
      <Told {...told} onClose={() => setTold(NOTHING)} />
    </>
  );

  function pageOf() {
    if (here === null) return <p class="loading">One moment …</p>;
    if (here === "failed") {
      return (
        <Page title="The console does not answer">
          <p>Look at your connection, then load this page again.</p>
        </Page>
      );
    }
    const { session, ways } = here;
    const signing = { ways, tell, onLeave: () => keepErrand(errand) };
    if (errand?.kind === "join") {
      const joined = async () => {
        await inAgain();
        setErrand(null);
      };
      return <Join invitation={errand.invitation} session={session} onIn={joined} onAway={away} {...signing} />;
    }
    if (!session) {
      return <SignIn onIn={inAgain} {...signing} {...(errand ? { reason: TO_APPROVE } : {})} />;
    }
    if (errand) return <Device code={errand.code} session={session} onAway={away} />;
    return <Account session={session} tell={tell} onOut={out} />;
  }
}
