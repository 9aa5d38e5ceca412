/** Whether the browser sends Global Privacy Control. A read error counts as sent (B22). */
export function privacyControl(): boolean {
  try {
    return (navigator as { globalPrivacyControl?: unknown }).globalPrivacyControl === true;
  } catch {
    return true;
  }
}
