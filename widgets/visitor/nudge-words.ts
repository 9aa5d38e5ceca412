export interface NudgeWords {
  close: string;
  why: string;
  whyDecided: string;
  keys: string;
}

export const NUDGE_WORDS: { en: NudgeWords } = {
  en: {
    close: "Close",
    why: "Why am I seeing this?",
    whyDecided: "This was decided automatically, by a rule, from the steps taken on this site. No person was involved.",
    keys: "Press F8 to go to this message and back, Escape to close it.",
  },
};
