import type { KnownText } from "./known-text.ts";
import type { PrivacyText } from "./privacy-text.ts";
import type { VisitorText } from "./visitor-text.ts";

export const visitor: VisitorText = {
  title: "Dürfen wir aus Ihrem Besuch lernen?",
  body: "Mit Ihrem Ja speichern wir, welche Schritte Sie hier gehen, um dort zu helfen, wo man hängen bleibt. Die Seite funktioniert genauso, wenn Sie Nein sagen, und Sie können Ihre Meinung jederzeit ändern.",
  accept: "Alle annehmen",
  reject: "Alle ablehnen",
  modes: {
    "opt-out": {
      title: "Wir lernen aus Ihrem Besuch",
      body: "Wir speichern, welche Schritte Sie hier gehen, um dort zu helfen, wo man hängen bleibt. Sie können jederzeit Nein sagen, und die Seite funktioniert genauso.",
      accept: "In Ordnung",
      reject: "Alle ablehnen",
    },
    notice: {
      title: "Wie wir aus Ihrem Besuch lernen",
      body: "Wir speichern, welche Schritte Sie hier gehen, um dort zu helfen, wo man hängen bleibt. Sie können jederzeit widersprechen, und die Seite funktioniert genauso.",
      accept: "Gelesen",
      reject: "Ich widerspreche",
      withdraw: "Widersprechen",
    },
  },
  choose: "Im Einzelnen wählen",
  announced: "Am Anfang dieser Seite können Sie wählen.",
  control: "Datenschutz-Auswahl",
  withdraw: "Widerrufen",
  close: "Schließen, ohne meine Wahl zu ändern",
  failed: "Das ging nicht. Bitte noch einmal drücken.",
  names: {
    analytics: "Ihr Besuch",
    scoring: "Vorhersagen",
    personalization: "Hilfe und Angebote",
    improvement: "Bessere Vorhersagen",
    sharing: "Weitergabe",
  },
  purposes: {
    analytics:
      "Wir speichern unter einer Zufallszahl, welche Seiten Sie öffnen und worauf Sie klicken. Nie, was Sie eintippen.",
    scoring:
      "Aus Ihren Schritten schließen wir, ob Sie nicht weiterkommen oder kurz vor einer Entscheidung stehen: auf Ihrem Gerät und noch einmal auf unserem Server.",
    personalization: "Wir zeigen Ihnen einen Hinweis oder ein Angebot, wenn es helfen kann.",
    improvement: "Wir nutzen Besuche, um die Vorhersagen zu verbessern.",
    sharing: "Wir geben Ihren Besuch an andere Unternehmen weiter.",
  },
  gpcHonoured:
    "Widerspruch beachtet: Ihr Browser sendet Global Privacy Control. Was Sie hier selbst wählen, gilt trotzdem.",
  dntHonoured: "Widerspruch beachtet: Ihr Browser sendet Do Not Track. Was Sie hier selbst wählen, gilt trotzdem.",
  needs: "Nur zusammen mit „{name}“.",
  save: "Meine Wahl speichern",
  saved: "Ihre Wahl ist gespeichert.",
  changed: "Neu seit Ihrer letzten Wahl",
  newPurposes: "Weiterer Zweck: {name}",
  newRecipients: "Weiterer Empfänger: {name}",
  keptLonger: "Länger gespeichert als bisher: {days} Tage",
  objection: "Widerspruch gegen Profilbildung",
  objectionMeans:
    "Dann machen wir keine Vorhersagen über Sie, wählen keine Hinweise danach aus und nehmen Sie aus Experimenten heraus, was auch immer oben gewählt ist. Das gilt sofort.",
  object: "Ich widerspreche der Profilbildung",
  objected: "Sie widersprechen der Profilbildung. Sie ist beendet.",
  takeBack: "Meinen Widerspruch zurücknehmen",
  recipients: "Empfänger: {names}",
  kept: "Höchstens {days} Tage gespeichert.",
  privacy: "Was gespeichert wird, warum und wie lange",
  ownData: "Meine Daten: ansehen, sichern, löschen",
  data: {
    loading: "Einen Moment …",
    none: "Es ist nichts gespeichert, das sich Ihnen zuordnen ließe.",
    see: "Ansehen, was über mich bekannt ist",
    json: "Meine Daten herunterladen (JSON)",
    csv: "Meine Daten herunterladen (CSV)",
    receipt: "Beleg meiner Wahl",
    receiptOf: "Beleg vom {date}",
    receiptYes: "Ja gesagt haben Sie zu: {names}",
    receiptNo: "Nein gesagt haben Sie zu: {names}",
    receiptNone: "Noch ist keine Wahl von Ihnen aufgezeichnet, deshalb gibt es keinen Beleg.",
    download: "Als Datei speichern (JSON)",
    correct: "Berichtigen, was über mich bekannt ist",
    correctSave: "Berichtigung speichern",
    corrected: "Es ist berichtigt.",
    restrict: "Nutzung meiner Daten anhalten",
    restrictMeans: "Was gespeichert ist, bleibt dann, wie es ist: Nichts kommt hinzu, und nichts wird damit gemacht.",
    restricted: "Die Nutzung Ihrer Daten ist angehalten.",
    resume: "Meine Daten wieder nutzen",
    resumed: "Ihre Daten werden wieder genutzt.",
    erase: "Meine Daten löschen",
    eraseMeans:
      "Alles, was über Sie gespeichert ist, wird gelöscht, auch von jedem Gerät, das als Ihres bekannt ist. Was als Nachweis bleiben muss, steht im Beleg. Das lässt sich nicht rückgängig machen.",
    eraseYes: "Alles löschen",
    eraseNo: "Nicht löschen",
    erasing: "Ihre Daten werden gelöscht …",
    erased:
      "Ihre Daten sind gelöscht. Sichern Sie jetzt den signierten Beleg: Später kann er nicht mehr gezeigt werden.",
    eraseReceipt: "Signierten Beleg sichern",
  },
  dismiss: "Schließen",
  why: "Warum sehe ich das?",
  whyDecided:
    "Das wurde automatisch entschieden, nach einer Regel, aus den Schritten auf dieser Website. Kein Mensch war daran beteiligt.",
  keys: "F8 führt zu dieser Mitteilung und zurück, Escape schließt sie.",
};

export const privacy: PrivacyText = {
  title: "Was {name} von Ihrem Besuch aufbewahrt",
  intro:
    "Diese Seite entsteht aus den Einstellungen, die gerade gelten; sie sagt also, was wirklich geschieht. Wozu Sie ja oder nein gesagt haben, steht unter „Datenschutz-Auswahl“.",
  controller: "Wer dafür verantwortlich ist",
  what: "Was aufbewahrt wird",
  why: "Wozu",
  howLong: "Wie lange",
  who: "Wer es sonst bekommt",
  predictions: "Vorhersagen",
  signals: "Was Ihr Browser von sich aus sagt",
  rights: "Ihre Rechte",
  nobody: "Niemand. Wer die Rechner betreibt, arbeitet allein auf unsere Weisung.",
  models: {
    stall:
      "„stall“, Version {version}, rechnet aus, wie wahrscheinlich es ist, dass Sie auf dem Weg zu Ihrem Ziel stehen geblieben sind.",
    intent: "„intent“, Version {version}, rechnet aus, wie nah Sie Ihrem Ziel sind.",
  },
  modelsRead:
    "Beides sind Regeln, die jemand von Hand geschrieben hat. Sie lesen {count} Zahlen: wie viele Schritte Sie machten, wie weit Sie kamen und wie viel Zeit vergangen ist. Die Namen stehen im JSON.",
  noModel: "Über Sie werden keine Vorhersagen gemacht.",
  gpcAll:
    "Global Privacy Control wird beachtet: Solange Ihr Browser es sendet und Sie nicht selbst anders gewählt haben, wird nichts aufbewahrt.",
  gpcSharing:
    "Global Privacy Control wird beachtet: Solange Ihr Browser es sendet und Sie nicht selbst anders gewählt haben, wird nichts weitergegeben.",
  dnt: "„Do Not Track“ wird ebenso beachtet.",
  yourRights:
    "Sie können sehen, was über Sie aufbewahrt wird, es als Datei erhalten, es berichtigen oder löschen lassen, seine Nutzung einschränken und ihr widersprechen: hier und jetzt, aus dem Browser, den Sie benutzen. Ihre Einwilligung können Sie jederzeit unter „Datenschutz-Auswahl“ zurücknehmen, und Sie können sich bei Ihrer Datenschutzbehörde beschweren.",
  days: "höchstens {days} Tage",
  untilCleared: "bis Sie Ihr Ja zurücknehmen oder den Browser leeren",
  captured: {
    views: "Welche Seiten Sie öffnen, ohne das, was in der Adresse hinter „?“ steht",
    arrival: "Woher Sie kamen: die Art der Quelle und die Kampagne im Link",
    device:
      "Art des Geräts, Browser, System, Sprache und Land, wie die Anfragen Ihres Browsers sie nennen; nie Ihre Adresse im Netz",
    leaving: "Wie lange eine Seite vor Ihnen war und wie weit Sie gescrollt haben",
    clicks: "Was Sie drücken: die Wörter darauf, nie was Sie tippen",
    forms:
      "Dass ein Formular begonnen, verlassen, abgelehnt oder gesendet wurde, und die Namen der Felder; nie was darin steht",
    copies: "Dass etwas kopiert wurde; nie was",
    friction:
      "Zeichen, dass etwas für Sie nicht geht: wiederholtes Drücken, Drücken ohne Wirkung, sofortiges Zurückgehen",
    errors: "Fehler im Programm der Seite",
    vitals: "Wie schnell die Seite war",
    events: "Schritte, die die Website selbst meldet, etwa eine Bestellung",
    names: "Der Name oder die Nummer, unter der die Website Sie kennt, wo sie das mitteilt",
    outcomes: "Welche Hinweise Ihnen gezeigt wurden und was Sie damit taten",
    scores: "Die Vorhersagen zu Ihrem Besuch",
  },
  stores: {
    browser: "In Ihrem Browser: Ihre Wahl und, nach einem Ja, eine Zufallszahl",
    outbox: "In Ihrem Browser: Schritte, die noch nicht gesendet werden konnten",
    cookie: "In Ihrem Browser: dieselbe Zufallszahl als Cookie, auf der eigenen Adresse der Website",
    journey: "Auf unserem Server: Ihre Besuche unter dieser Zahl",
    map: "Auf unserem Server: Summen über alle Besucher, Ihr Teil unter einem Pseudonym, damit er wieder herausgenommen werden kann",
    decisions: "Auf unserem Server: welche Hinweise für Sie erwogen wurden und warum sie gezeigt wurden oder nicht",
    history: "In unserem Archiv: die Schritte als Zeilen, unter demselben Pseudonym",
    records:
      "Der Nachweis Ihrer Wahl, unter einem Pseudonym, das nach einer Löschung niemand mehr mit Ihnen verbinden kann",
  },
  machine: "Dasselbe für Maschinen (JSON)",
};

export const known: KnownText = {
  title: "Was über Sie bekannt ist",
  intro:
    "Das bewahrt {site} über Ihre Besuche auf, Stand {date}. Ein Name steht hier nur, wenn Sie oder die Website gesagt haben, wer Sie sind.",
  nothing: "Über Sie ist nichts gespeichert.",
  choices: "Ihre Entscheidungen",
  none: "nichts",
  steps: "Was Sie getan haben",
  stepsAre: "Die letzten Schritte, der jüngste zuerst. Die Datei zum Herunterladen enthält alle.",
  time: "Zeit",
  what: "Was",
  where: "Wo",
  help: "Was für Sie entschieden wurde",
  helpIs: "Jedes Mal, wenn die Website fragte, ob sie Ihnen helfen soll, und warum sie es tat oder nicht.",
  shown: "gezeigt",
  notShown: "nicht gezeigt",
  team: "Was das Team der Website sieht",
  stage: "Stufe",
  cameBy: "Gekommen über",
  device: "Gerät",
  stall: "Kommt wohl nicht weiter",
  intent: "Steht wohl vor dem Abschluss",
  browsers: "Ihre Browser",
  browsersAre: "Browser, in denen Sie angemeldet waren: zusammen sind sie ein Weg.",
  history: "Archiv",
  rows: "{count} Einträge",
  more: "Sie können all das als Datei bekommen, berichtigen, nicht weiter verwenden oder löschen lassen, mit demselben Nachweis, mit dem Sie diese Seite abgerufen haben.",
  restricted: "Sie haben die Verwendung gestoppt. Es wird aufbewahrt und nicht verwendet.",
};
