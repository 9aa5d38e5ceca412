/** What a script is told by how a command ends. */
export const EXIT = {
  done: 0,
  /** Something is wrong: its one sentence stands on stderr. */
  failed: 1,
  /** `plan`: the files differ from what is in force. */
  differs: 2,
  /** `apply`: the change waits for somebody's approval. */
  waits: 3,
  /** Somebody else changed the site since the files were pulled. */
  conflict: 4,
} as const;
