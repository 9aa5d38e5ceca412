/**
 * Whether `Sec-GPC` asks to be left alone: a field value is exactly `1`. Several headers reach us as one, with commas
 * between them, and one `1` of them suffices; whatever else stands there is no request (B17).
 */
export function isPrivacyControl(header: string | null | undefined): boolean {
  return (header ?? "").split(",").some((value) => value.trim() === "1");
}

/** Whether the `DNT` header asks not to be tracked. */
export function isDoNotTrack(header: string | null | undefined): boolean {
  return header?.trim() === "1";
}
