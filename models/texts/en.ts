import type { KnownText } from "./known-text.ts";
import type { PrivacyText } from "./privacy-text.ts";
import type { VisitorText } from "./visitor-text.ts";

export const visitor: VisitorText = {
  title: "May we learn from your visit?",
  body: "With your yes we keep the steps you take here, so that we can help where people get stuck. The site works the same if you say no, and you can change your mind at any time.",
  accept: "Accept all",
  reject: "Reject all",
  modes: {
    "opt-out": {
      title: "We learn from your visit",
      body: "We keep the steps you take here, so that we can help where people get stuck. You can say no at any time, and the site works the same.",
      accept: "That is fine",
      reject: "Reject all",
    },
    notice: {
      title: "How we learn from your visit",
      body: "We keep the steps you take here, so that we can help where people get stuck. You can object at any time, and the site works the same.",
      accept: "I have read this",
      reject: "I object",
    },
  },
  choose: "Choose in detail",
  announced: "You can choose at the start of this page.",
  control: "Privacy choices",
  withdraw: "Withdraw",
  close: "Close without changing my choice",
  names: {
    analytics: "Your visit",
    scoring: "Predictions",
    personalization: "Help and offers",
    improvement: "Better predictions",
    sharing: "Sharing",
  },
  purposes: {
    analytics: "We keep which pages you open and what you press, under a random number. Never what you type.",
    scoring:
      "From your steps we work out whether you are stuck or about to decide, on your device and again on our server.",
    personalization: "We show you a hint or an offer when it may help.",
    improvement: "We use visits to make the predictions better.",
    sharing: "We pass your visit on to other companies.",
  },
  gpcHonoured:
    "Opt-out request honoured: your browser sends Global Privacy Control. What you choose here yourself counts.",
  dntHonoured: "Opt-out request honoured: your browser sends Do Not Track. What you choose here yourself counts.",
  needs: "Only together with “{name}”.",
  save: "Save my choice",
  saved: "Your choice is saved.",
  changed: "New since you last chose",
  newPurposes: "Another purpose: {name}",
  newRecipients: "Another recipient: {name}",
  keptLonger: "Kept for longer than before: {days} days",
  objection: "Objection to profiling",
  objectionMeans:
    "We then make no predictions about you, choose no hints by them and leave you out of experiments, whatever is chosen above. It holds at once.",
  object: "I object to profiling",
  objected: "You object to profiling. It has stopped.",
  takeBack: "Take my objection back",
  recipients: "Recipients: {names}",
  kept: "Kept for at most {days} days.",
  privacy: "What is kept, why and for how long",
  receipt: "Receipt for my choice",
  receiptOf: "Receipt of {date}",
  receiptYes: "You said yes to: {names}",
  receiptNo: "You said no to: {names}",
  receiptNone: "There is no receipt for you: nothing is kept that could be told to be yours.",
  download: "Save as a file (JSON)",
  dismiss: "Close",
  why: "Why am I seeing this?",
  whyDecided: "This was decided automatically, by a rule, from the steps taken on this site. No person was involved.",
  keys: "Press F8 to go to this message and back, Escape to close it.",
};

export const privacy: PrivacyText = {
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

export const known: KnownText = {
  title: "What is known about you",
  intro:
    "This is what {site} keeps about your visits, as of {date}. Nobody is named here unless you or the site said who you are.",
  nothing: "Nothing is kept about you.",
  choices: "Your choices",
  none: "nothing",
  steps: "What you did",
  stepsAre: "The latest steps, the last one first. The file that you can download has all of them.",
  time: "Time",
  what: "What",
  where: "Where",
  help: "What was decided for you",
  helpIs: "Each time the site asked whether to help you, and why it did or did not.",
  shown: "shown",
  notShown: "not shown",
  team: "What the site's team sees",
  stage: "Stage",
  cameBy: "Came by",
  device: "Device",
  stall: "Seems stuck",
  intent: "Seems about to act",
  browsers: "Your browsers",
  browsersAre: "Browsers in which you were signed in: together they are one journey.",
  history: "Archive",
  rows: "{count} entries",
  more: "You can have all of this as a file, have it put right, have its use stopped, or have it erased, with the same proof with which you asked for this page.",
  restricted: "You have stopped the use of this. It is kept, and nothing is done with it.",
};
