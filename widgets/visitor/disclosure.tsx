import type { ComponentChildren, JSX, TargetedEvent } from "preact";

interface Props {
  label: string;
  children: ComponentChildren;
}

/** A button that shows and hides what stands below it (APG disclosure). Which of the two is in the page alone. */
export function Disclosure({ label, children }: Props): JSX.Element {
  return (
    <>
      <button type="button" class="why" aria-expanded="false" onClick={toggle}>
        {label}
      </button>
      <div hidden>{children}</div>
    </>
  );
}

function toggle({ currentTarget }: TargetedEvent<HTMLElement>): void {
  const below = currentTarget.nextElementSibling as HTMLElement;
  below.hidden = !below.hidden;
  currentTarget.ariaExpanded = `${!below.hidden}`;
}
