import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

interface ButtonProps {
  children: ComponentChildren;
  onPress: () => unknown;
  /** What it says while it works. */
  busy?: string;
  look?: "first" | "plain" | "danger";
  /** What it is read out as, where its text alone would not say of what. */
  label?: string;
}

/** A button that can be pressed once at a time, and says that it works. It keeps the focus while it does. */
export function Button({ children, onPress, busy, look = "plain", label }: ButtonProps) {
  const [works, setWorks] = useState(false);
  const press = async () => {
    if (works) return;
    setWorks(true);
    await onPress();
    setWorks(false);
  };
  return (
    <button type="button" class={look} aria-disabled={works} aria-label={works ? undefined : label} onClick={press}>
      {works ? (busy ?? "One moment …") : children}
    </button>
  );
}

/** A button for what can't be undone: the first press asks, the second does. Looking elsewhere takes the first one back. */
export function TwiceButton({ children, onPress, busy, label, again }: ButtonProps & { again: string }) {
  const [asked, setAsked] = useState(false);
  const press = async () => {
    if (!asked) {
      setAsked(true);
      return;
    }
    await onPress();
    setAsked(false);
  };
  return (
    <span onFocusOut={() => setAsked(false)}>
      <Button
        look={asked ? "danger" : "plain"}
        onPress={press}
        {...(busy ? { busy } : {})}
        {...(label && !asked ? { label } : {})}
      >
        {asked ? again : children}
      </Button>
    </span>
  );
}
