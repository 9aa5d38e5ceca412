/** In sessionStorage: what goes on at the next page of this tab. */
export const OPEN_KEY = "waypost.open";

export function forgetOpen(): void {
  try {
    sessionStorage.removeItem(OPEN_KEY);
  } catch {
    // refused: then it was never there
  }
}
