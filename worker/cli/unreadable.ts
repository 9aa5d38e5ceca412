/** Why a file could not be read, or not as JSON, as the end of a sentence. */
export function whatIsWrong(error: unknown): string {
  if (error instanceof SyntaxError) return `is not JSON: ${error.message}.`;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? "does not exist: check the path." : `cannot be read: ${message}.`;
}
