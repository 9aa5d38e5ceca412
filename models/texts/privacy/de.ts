import type { PrivacyText } from "./privacy-text.ts";

export const de: PrivacyText = {
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
    "Sie können sehen, was von Ihnen aufbewahrt ist, es als Datei bekommen, berichtigen, einschränken, widersprechen und löschen lassen, hier und jetzt, aus dem Browser, den Sie benutzen. Ihre Einwilligung können Sie jederzeit unter „Datenschutz-Auswahl“ zurücknehmen, und Sie können sich bei Ihrer Datenschutzbehörde beschweren.",
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
