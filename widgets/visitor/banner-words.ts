export interface BannerWords {
  closeWithoutChoice: string;
  purposes: string;
  on: string;
  off: string;
  /** `{reject}` is replaced by the site's own word for its Reject button. */
  acceptedBefore: string;
  rejectedBefore: string;
  announced: string;
}

export const BANNER_WORDS: { en: BannerWords } = {
  en: {
    closeWithoutChoice: "Close without changing my choice",
    purposes: "What would this be used for?",
    on: "on now",
    off: "off now",
    acceptedBefore: "You said yes to this before. “{reject}” takes it back, from now on.",
    rejectedBefore: "You said no to this before. That holds unless you accept now.",
    announced: "You can choose at the start of this page.",
  },
};
