/** For the browser to call later: what it throws is logged, and never an error of the page. */
export function guarded(task: () => void, log: (...what: unknown[]) => void): () => void {
  return () => {
    try {
      task();
    } catch (error) {
      log(error);
    }
  };
}
