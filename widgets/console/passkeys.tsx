import { useState } from "preact/hooks";
import type { AccountProps } from "./account.tsx";
import { Button, TwiceButton } from "./button.tsx";
import { type Answer, call } from "./call.ts";
import { Moment } from "./page.tsx";
import { deviceName, makePasskey, signInWithPasskey } from "./passkey.ts";
import type { Identity, Via } from "./told.ts";

interface PasskeysProps extends Pick<AccountProps, "tell" | "onOut"> {
  passkeys: Identity[];
  via: Via;
  onChange: () => Promise<void>;
}

/** The ways in of an account: passkeys, which can be added here, and what others keep. */
export function Passkeys({ passkeys, tell, onOut, onChange }: PasskeysProps) {
  const [name, setName] = useState(deviceName);
  /** Where the sign-in is too long ago it is asked for again, then what was wanted is done. */
  const recently = async (change: () => Promise<Answer<unknown>>): Promise<Answer<unknown>> => {
    const first = await change();
    if (first.ok || first.problem !== "sign-in-again") return first;
    if (!passkeys.some(({ kind }) => kind === "passkey")) {
      onOut("Sign in again, then repeat what you did: it takes a sign-in of the last hour.");
      return first;
    }
    tell("This takes a sign-in of the last hour: show your passkey again.");
    const again = await signInWithPasskey();
    return again.ok ? change() : again;
  };
  const report = async (answer: Answer<unknown>, done: string) => {
    if (!answer.ok) return tell(answer.detail, true);
    await onChange();
    tell(done);
  };
  const add = async () => {
    const called = name.trim() || deviceName();
    const give = (response: object) => call("POST", "/api/passkeys", { name: called, response });
    await report(await recently(() => makePasskey("/api/passkeys/options", undefined, give)), `${called} was added.`);
  };
  const remove = async ({ id, name: called }: Identity) =>
    report(await recently(() => call("DELETE", `/api/passkeys/${id}`)), `${called} was removed.`);
  return (
    <section class="part" aria-labelledby="passkeys">
      <h2 id="passkeys">How you sign in</h2>
      <ul class="rows">
        {passkeys.map((one) => (
          <li key={one.id}>
            <div class="grow">
              <strong>{one.name}</strong> {one.kind === "passkey" && <span class="chip">passkey</span>}
              <p class="quiet">
                Since <Moment at={one.createdAt} />, last used <Moment at={one.lastUsedAt} />
              </p>
            </div>
            {passkeys.length > 1 && (
              <TwiceButton again="Remove for good" label={`Remove ${one.name}`} onPress={() => remove(one)}>
                Remove
              </TwiceButton>
            )}
          </li>
        ))}
      </ul>
      {passkeys.length === 1 && (
        <p class="quiet">
          This is your only way in, so it can’t be removed. A second one, on another device, is worth it.
        </p>
      )}
      <div class="add">
        <div class="grow">
          <label for="passkey-name">Name of a further passkey</label>
          <input
            id="passkey-name"
            value={name}
            maxLength={80}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </div>
        <Button onPress={add} busy="Look at your browser’s prompt …">
          Add a passkey
        </Button>
      </div>
    </section>
  );
}
