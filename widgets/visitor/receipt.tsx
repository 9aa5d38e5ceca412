import { Component, type JSX } from "preact";
import type { Purpose } from "../../models/consent.ts";
import type { CentreRequest, ReceiptView } from "../../models/surface.ts";
import { filled } from "./filled.ts";

interface Props {
  request: CentreRequest;
  onSay: (sentence: string) => void;
}

interface State {
  /** Undefined before it was asked for; null where there is none. */
  receipt?: ReceiptView | null;
  href: string;
}

/** The visitor's own receipt (B28): asked for by its button, read here, and kept as a file where they want it. */
export class Receipt extends Component<Props, State> {
  override state: State = { href: "" };

  async #fetch(): Promise<void> {
    const { request, onSay } = this.props;
    const receipt = await request.receipt();
    // A blob's address is in no policy's way: the browser saves it and asks nobody.
    const href = receipt ? URL.createObjectURL(new Blob([receipt.file], { type: "application/json" })) : "";
    this.setState({ receipt, href });
    onSay(receipt ? this.#date(receipt) : request.text.receiptNone);
  }

  #date({ at }: ReceiptView): string {
    const { text, consent } = this.props.request;
    return filled(
      text.receiptOf,
      new Date(at).toLocaleString(consent.language, { dateStyle: "long", timeStyle: "short" }),
    );
  }

  override componentWillUnmount(): void {
    if (this.state.href) URL.revokeObjectURL(this.state.href);
  }

  override render({ request }: Props, { receipt, href }: State): JSX.Element {
    const { text } = request;
    const names = (purposes: Purpose[]) => purposes.map((purpose) => text.names[purpose]).join(" · ");
    return (
      <div class="receipt">
        <button type="button" class="why" onClick={() => this.#fetch().catch(() => {})}>
          {text.receipt}
        </button>
        {receipt === null && <p>{text.receiptNone}</p>}
        {receipt && (
          <>
            <p>{this.#date(receipt)}</p>
            {receipt.granted.length > 0 && <p>{filled(text.receiptYes, names(receipt.granted))}</p>}
            {receipt.refused.length > 0 && <p>{filled(text.receiptNo, names(receipt.refused))}</p>}
            <p>
              <a class="why" href={href} download="receipt.json">
                {text.download}
              </a>
            </p>
          </>
        )}
      </div>
    );
  }
}
