import type { PrivacyText } from "./privacy-text.ts";

export const fr: PrivacyText = {
  title: "Ce que {name} conserve de votre visite",
  intro:
    "Cette page est produite à partir des réglages en vigueur à cet instant : elle dit donc ce qui se passe vraiment. Ce que vous avez accepté ou refusé se trouve sous « Choix de confidentialité ».",
  controller: "Qui en répond",
  what: "Ce qui est conservé",
  why: "Pour quoi",
  howLong: "Pendant combien de temps",
  who: "Qui d’autre le reçoit",
  predictions: "Prédictions",
  signals: "Ce que votre navigateur dit de lui-même",
  rights: "Vos droits",
  nobody: "Personne. Ceux qui font fonctionner les machines n’agissent que sur nos instructions.",
  models: {
    stall: "« stall », version {version}, calcule s’il est probable que vous vous soyez arrêté en chemin.",
    intent: "« intent », version {version}, calcule à quel point vous êtes près de votre but.",
  },
  modelsRead:
    "Ce sont deux règles écrites à la main. Elles lisent {count} nombres : combien d’étapes vous avez faites, jusqu’où vous êtes allé et combien de temps s’est écoulé. Leurs noms figurent dans le JSON.",
  noModel: "Aucune prédiction n’est faite à votre sujet.",
  gpcAll:
    "Global Privacy Control est respecté : tant que votre navigateur l’envoie et que vous n’avez pas choisi autrement vous-même, rien n’est conservé.",
  gpcSharing:
    "Global Privacy Control est respecté : tant que votre navigateur l’envoie et que vous n’avez pas choisi autrement vous-même, rien n’est transmis.",
  dnt: "« Do Not Track » est respecté de la même façon.",
  yourRights:
    "Vous pouvez voir ce qui est conservé de vous, le recevoir en fichier, le corriger, en limiter l’usage, vous y opposer et le faire effacer, ici et maintenant, depuis le navigateur que vous utilisez. Vous pouvez retirer votre consentement à tout moment sous « Choix de confidentialité » et saisir l’autorité de protection des données.",
  days: "{days} jours au plus",
  untilCleared: "jusqu’à ce que vous retiriez votre accord ou vidiez le navigateur",
  captured: {
    views: "Les pages que vous ouvrez, sans ce qui suit « ? » dans leur adresse",
    arrival: "D’où vous venez : le type de source et la campagne indiquée dans le lien",
    device:
      "Le type d’appareil, le navigateur, le système, la langue et le pays, tels que les requêtes de votre navigateur les indiquent ; jamais votre adresse sur le réseau",
    leaving: "Combien de temps une page était devant vous et jusqu’où vous l’avez fait défiler",
    clicks: "Ce sur quoi vous appuyez : les mots qui y figurent, jamais ce que vous saisissez",
    forms:
      "Qu’un formulaire a été commencé, quitté, refusé ou envoyé, et le nom de ses champs ; jamais ce qu’ils contiennent",
    copies: "Que quelque chose a été copié ; jamais quoi",
    friction:
      "Les signes que quelque chose ne marche pas pour vous : appuis répétés, appuis sans effet, retour immédiat",
    errors: "Les erreurs du programme de la page",
    vitals: "La rapidité de la page",
    events: "Les étapes que le site signale lui-même, une commande par exemple",
    names: "Le nom ou le numéro sous lequel le site vous connaît, s’il le communique",
    outcomes: "Les conseils qui vous ont été montrés et ce que vous en avez fait",
    scores: "Les prédictions faites sur votre visite",
  },
  stores: {
    browser: "Dans votre navigateur : votre choix et, après un oui, un nombre aléatoire",
    outbox: "Dans votre navigateur : les étapes qui n’ont pas encore pu être envoyées",
    cookie: "Dans votre navigateur : le même nombre aléatoire dans un cookie, sur l’adresse du site lui-même",
    journey: "Sur notre serveur : vos visites sous ce nombre",
    map: "Sur notre serveur : des sommes sur tous les visiteurs, avec votre part sous un pseudonyme afin de pouvoir la retirer",
    decisions: "Sur notre serveur : les conseils envisagés pour vous, et pourquoi ils ont été montrés ou non",
    history: "Dans nos archives : les étapes ligne par ligne, sous le même pseudonyme",
    records: "La preuve de vos choix, sous un pseudonyme que personne ne peut plus relier à vous après un effacement",
  },
  machine: "La même chose pour les machines (JSON)",
};
