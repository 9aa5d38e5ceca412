/** A configuration to begin with: it is complete, and shows nothing to anybody until a campaign is added. */
export function starterText({ edge, origin }: { edge: string; origin: string }): string {
  return `{
  // Editors complete what is typed here, and underline what is wrong.
  "$schema": "${edge}/api/schemas/site-config.json",

  // Pages of these origins may send: scheme, host, and port where it is not the usual one.
  "origins": ["${origin}"],

  // What visitors are asked for, and where a yes is needed.
  "consent": {
    "mode": "opt-in",
    "purposes": ["analytics", "scoring", "personalization"],
    "askAgainAfterDays": 365,
    "language": "en"
  },
  // Why you may keep what your servers tell of visitors, in your own words: it stands in the records.
  "serverBasis": "contract",

  // The steps towards the goal, in order: a visitor is in the first that fits.
  "journeys": [
    {
      "id": "checkout",
      "name": "Checkout",
      "goal": "thanks",
      "stages": [
        { "id": "browse", "name": "Browsing", "match": { "path": "/*" } },
        { "id": "thanks", "name": "Thank you", "match": { "path": "/thanks" } }
      ]
    }
  ],

  // What is shown, to whom and when. There are worked ones: npx waypost campaigns, and npx waypost campaigns add NAME.
  "campaigns": [],
  // From where on a score counts as medium or high, 0 to 1.
  "thresholds": {
    "stall": { "medium": 0.5, "high": 0.8 },
    "intent": { "medium": 0.2, "high": 0.55 }
  }
}
`;
}
