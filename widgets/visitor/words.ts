/** Our own few words on a visitor's surface; everything else is the site's text. */
export interface Words {
  close: string;
  closeWithoutChoice: string;
  purposes: string;
  on: string;
  off: string;
  /** `{reject}` is replaced by the site's own word for its Reject button. */
  acceptedBefore: string;
  rejectedBefore: string;
  bannerAnnounced: string;
  why: string;
  whyDecided: string;
  nudgeKeys: string;
}

const ENGLISH: Words = {
  close: "Close",
  closeWithoutChoice: "Close without changing my choice",
  purposes: "What would this be used for?",
  on: "on now",
  off: "off now",
  acceptedBefore: "You said yes to this before. “{reject}” takes it back, from now on.",
  rejectedBefore: "You said no to this before. That holds unless you accept now.",
  bannerAnnounced: "You can choose at the start of this page.",
  why: "Why am I seeing this?",
  whyDecided: "This was decided automatically, by a rule, from the steps taken on this site. No person was involved.",
  nudgeKeys: "Press F8 to go to this message and back, Escape to close it.",
};

const LANGUAGES: Record<string, Words> = { en: ENGLISH };

/** Words for a BCP 47 tag, by its primary language; English for a language that we do not have yet. */
export function wordsFor(language: string): Words {
  return LANGUAGES[language.toLowerCase().split("-", 1)[0] ?? ""] ?? ENGLISH;
}
