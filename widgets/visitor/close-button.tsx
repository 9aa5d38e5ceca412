import type { JSX } from "preact";

export function CloseButton({ label, onClose }: { label: string; onClose: () => void }): JSX.Element {
  return (
    <button type="button" class="close" aria-label={label} title={label} onClick={onClose}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d="M3 3l10 10M13 3L3 13" />
      </svg>
    </button>
  );
}
