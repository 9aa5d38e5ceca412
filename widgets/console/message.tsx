/** What came of what was done. */
export interface Message {
  text: string;
  isBad: boolean;
}

/** Says what came of what was done, at the foot of the window, where it moves nothing. It is read out as it comes. */
export function Told({ text, isBad, onClose }: Message & { onClose: () => void }) {
  return (
    <div class={text === "" ? "told none" : isBad ? "told bad" : "told"}>
      <p role="status">{text}</p>
      {text !== "" && (
        <button type="button" class="close" aria-label="Close the message" onClick={onClose}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M3 3l10 10M13 3L3 13" />
          </svg>
        </button>
      )}
    </div>
  );
}
