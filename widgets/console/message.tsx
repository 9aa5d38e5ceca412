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
          <span aria-hidden="true">×</span>
        </button>
      )}
    </div>
  );
}
