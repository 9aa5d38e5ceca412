import type { VisitorText } from "./visitor-text.ts";

export const de: VisitorText = {
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
    },
  },
  choose: "Im Einzelnen wählen",
  announced: "Am Anfang dieser Seite können Sie wählen.",
  control: "Datenschutz-Auswahl",
  withdraw: "Widerrufen",
  close: "Schließen, ohne meine Wahl zu ändern",
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
  receipt: "Beleg meiner Wahl",
  receiptOf: "Beleg vom {date}",
  receiptYes: "Ja gesagt haben Sie zu: {names}",
  receiptNo: "Nein gesagt haben Sie zu: {names}",
  receiptNone: "Für Sie gibt es keinen Beleg: Es ist nichts gespeichert, das sich Ihnen zuordnen ließe.",
  download: "Als Datei speichern (JSON)",
  dismiss: "Schließen",
  why: "Warum sehe ich das?",
  whyDecided:
    "Das wurde automatisch entschieden, nach einer Regel, aus den Schritten auf dieser Website. Kein Mensch war daran beteiligt.",
  keys: "F8 führt zu dieser Mitteilung und zurück, Escape schließt sie.",
};
