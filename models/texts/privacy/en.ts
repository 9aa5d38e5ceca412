import type { PrivacyText } from "./privacy-text.ts";

export const en: PrivacyText = {
  title: "What {name} keeps of your visit",
  intro:
    "This page is made from the settings that are in force right now, so it says what really happens. What you agreed to, and whether you did, is under “Privacy choices”.",
  controller: "Who answers for it",
  what: "What is kept",
  why: "What for",
  howLong: "For how long",
  who: "Who else gets it",
  predictions: "Predictions",
  signals: "What your browser says by itself",
  rights: "Your rights",
  nobody: "Nobody. Whoever runs the computers works on our instructions alone.",
  models: {
    stall:
      "“stall”, version {version}, works out how likely it is that you have stopped on the way to what you came for.",
    intent: "“intent”, version {version}, works out how near you are to what you came for.",
  },
  modelsRead:
    "Both are rules that somebody wrote by hand. They read {count} numbers: how many steps you took, how far you came, and how much time has passed. Their names are in the JSON.",
  noModel: "No predictions are made about you.",
  gpcAll:
    "Global Privacy Control is heeded: where you have not chosen otherwise yourself, nothing is kept while your browser sends it.",
  gpcSharing:
    "Global Privacy Control is heeded: where you have not chosen otherwise yourself, nothing is passed on while your browser sends it.",
  dnt: "Do Not Track is heeded in the same way.",
  yourRights:
    "You may see what is kept of you, have it as a file, correct it, restrict it, object, and have it erased, here and now, from the browser that you use. You may take your consent back at any time under “Privacy choices”, and you may complain to your data protection authority.",
  days: "at most {days} days",
  untilCleared: "until you withdraw or clear your browser",
  captured: {
    views: "Which pages you open, without what stands behind “?” in their address",
    arrival: "Where you came from: the kind of source, and the campaign in the link",
    device:
      "Kind of device, browser, system, language and country, as your browser’s requests tell them; never your address on the network",
    leaving: "How long a page was in front of you and how far you scrolled",
    clicks: "What you press: the words on it, never what you type",
    forms: "That a form was begun, left, refused or sent, and its fields’ names; never what is in them",
    copies: "That something was copied; never what",
    friction:
      "Signs that something does not work for you: repeated presses, presses without effect, going back at once",
    errors: "Errors of the page’s own program",
    vitals: "How fast the page was",
    events: "Steps that the site reports itself, such as an order",
    names: "The name or number under which the site knows you, where it tells it",
    outcomes: "Which hints you were shown, and what you did with them",
    scores: "The predictions made about your visit",
  },
  stores: {
    browser: "In your browser: your choice, and, after a yes, a random number",
    outbox: "In your browser: steps that could not be sent yet",
    cookie: "In your browser: the same random number as a cookie, on the site’s own host",
    journey: "At our server: your visits under that number",
    map: "At our server: sums over all visitors, with your part under a pseudonym so that it can be taken out again",
    decisions: "At our server: which hints were considered for you, and why they were shown or not",
    history: "In our archive: the steps as rows, under the same pseudonym",
    records: "Proof of your choices, under a pseudonym that nobody can connect with you once you are erased",
  },
  machine: "The same for machines (JSON)",
};
