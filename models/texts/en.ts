import type { VisitorText } from "./visitor-text.ts";

export const EN: VisitorText = {
  title: "May we learn from your visit?",
  body: "With your yes we keep which steps you take on this site, to understand where visitors get stuck. We never keep what you type. The site works the same if you say no, and you can change your mind at any time.",
  accept: "Accept",
  reject: "Reject",
  gpcHonoured:
    "Your browser sends an opt-out request (Global Privacy Control). We honour it: unless you choose otherwise here, nothing is kept.",
  purposes: {
    analytics: "Your visit: we keep which pages you open and what you press, under a random number.",
    scoring: "Predictions: from these steps we work out, on your device and on our server, whether you are stuck.",
    personalization: "Help at the right moment: we use what we know of your visit to show you hints and offers.",
    improvement: "Better predictions: we use visits to improve how we predict.",
    sharing: "Others: we pass visits on to other companies.",
  },
};
