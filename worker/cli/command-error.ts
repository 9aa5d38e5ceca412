/** What the person who typed a command can mend: printed as its one sentence, without a stack. */
export class CommandError extends Error {
  override name = "CommandError";
}

/** Runs a command; what it throws for the person is printed, anything else is a bug and keeps its stack. */
export async function runCommand(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
