import { Component, type ComponentChildren, type JSX } from "preact";

interface Props {
  label: string;
  children: ComponentChildren;
}

/** A button that shows and hides what stands below it (APG disclosure). */
export class Disclosure extends Component<Props, { open: boolean }> {
  override state = { open: false };

  override render({ label, children }: Props, { open }: { open: boolean }): JSX.Element {
    return (
      <>
        <button type="button" class="why" aria-expanded={open} onClick={() => this.setState({ open: !open })}>
          {label}
        </button>
        {open && <div>{children}</div>}
      </>
    );
  }
}
