import type { KnownText } from "./known-text.ts";
import type { PrivacyText } from "./privacy-text.ts";
import type { VisitorText } from "./visitor-text.ts";

export const visitor: VisitorText = {
  title: "Pouvons-nous apprendre de votre visite ?",
  body: "Avec votre accord, nous gardons les étapes de votre visite, afin d’aider là où l’on reste bloqué. Le site fonctionne de la même façon si vous refusez, et vous pouvez changer d’avis à tout moment.",
  accept: "Tout accepter",
  reject: "Tout refuser",
  modes: {
    "opt-out": {
      title: "Nous apprenons de votre visite",
      body: "Nous gardons les étapes de votre visite, afin d’aider là où l’on reste bloqué. Vous pouvez refuser à tout moment, et le site fonctionne de la même façon.",
      accept: "C’est d’accord",
      reject: "Tout refuser",
    },
    notice: {
      title: "Comment nous apprenons de votre visite",
      body: "Nous gardons les étapes de votre visite, afin d’aider là où l’on reste bloqué. Vous pouvez vous y opposer à tout moment, et le site fonctionne de la même façon.",
      accept: "J’ai lu",
      reject: "Je m’oppose",
      withdraw: "M’opposer",
    },
  },
  choose: "Choisir en détail",
  announced: "Vous pouvez choisir au début de cette page.",
  control: "Choix de confidentialité",
  withdraw: "Retirer",
  close: "Fermer sans modifier mon choix",
  names: {
    analytics: "Votre visite",
    scoring: "Prévisions",
    personalization: "Aide et offres",
    improvement: "Prévisions améliorées",
    sharing: "Transmission",
  },
  purposes: {
    analytics:
      "Nous gardons, sous un numéro aléatoire, les pages que vous ouvrez et ce sur quoi vous appuyez. Jamais ce que vous tapez.",
    scoring:
      "À partir de vos étapes, nous estimons si vous êtes bloqué ou sur le point de vous décider, sur votre appareil puis sur notre serveur.",
    personalization: "Nous vous montrons un conseil ou une offre quand cela peut aider.",
    improvement: "Nous utilisons les visites pour améliorer les prévisions.",
    sharing: "Nous transmettons votre visite à d’autres entreprises.",
  },
  gpcHonoured:
    "Demande d’opposition respectée : votre navigateur envoie Global Privacy Control. Ce que vous choisissez vous-même ici prévaut.",
  dntHonoured:
    "Demande d’opposition respectée : votre navigateur envoie Do Not Track. Ce que vous choisissez vous-même ici prévaut.",
  needs: "Uniquement avec « {name} ».",
  save: "Enregistrer mon choix",
  saved: "Votre choix est enregistré.",
  changed: "Nouveau depuis votre dernier choix",
  newPurposes: "Autre finalité : {name}",
  newRecipients: "Autre destinataire : {name}",
  keptLonger: "Conservé plus longtemps qu’avant : {days} jours",
  objection: "Opposition au profilage",
  objectionMeans:
    "Nous ne faisons alors aucune prévision à votre sujet, n’en tirons aucun conseil et vous laissons hors des expériences, quels que soient les choix ci-dessus. Effet immédiat.",
  object: "Je m’oppose au profilage",
  objected: "Vous vous opposez au profilage. Il a cessé.",
  takeBack: "Retirer mon opposition",
  recipients: "Destinataires : {names}",
  kept: "Conservé {days} jours au plus.",
  privacy: "Ce qui est conservé, pourquoi et combien de temps",
  receipt: "Reçu de mon choix",
  receiptOf: "Reçu du {date}",
  receiptYes: "Vous avez dit oui à : {names}",
  receiptNo: "Vous avez dit non à : {names}",
  receiptNone: "Il n’y a pas de reçu pour vous : rien n’est conservé qui puisse vous être attribué.",
  download: "Enregistrer dans un fichier (JSON)",
  dismiss: "Fermer",
  why: "Pourquoi ce message ?",
  whyDecided:
    "La décision a été prise automatiquement, par une règle, à partir des étapes suivies sur ce site. Personne n’est intervenu.",
  keys: "F8 mène à ce message et en revient, Échap le ferme.",
};

export const privacy: PrivacyText = {
  title: "Ce que {name} conserve de votre visite",
  intro:
    "Cette page est produite à partir des réglages en vigueur à cet instant : elle dit donc ce qui se passe vraiment. Ce que vous avez accepté ou refusé se trouve sous « Choix de confidentialité ».",
  controller: "Qui en répond",
  what: "Ce qui est conservé",
  why: "Pour quoi",
  howLong: "Pendant combien de temps",
  who: "Qui d’autre le reçoit",
  predictions: "Prévisions",
  signals: "Ce que votre navigateur dit de lui-même",
  rights: "Vos droits",
  nobody: "Personne. Ceux qui font fonctionner les machines n’agissent que sur nos instructions.",
  models: {
    stall: "« stall », version {version}, calcule s’il est probable que vous vous soyez arrêté en chemin.",
    intent: "« intent », version {version}, calcule à quel point vous êtes près de votre but.",
  },
  modelsRead:
    "Ce sont deux règles écrites à la main. Elles lisent {count} nombres : combien d’étapes vous avez faites, jusqu’où vous êtes allé et combien de temps s’est écoulé. Leurs noms figurent dans le JSON.",
  noModel: "Aucune prévision n’est faite à votre sujet.",
  gpcAll:
    "Global Privacy Control est respecté : tant que votre navigateur l’envoie et que vous n’avez pas choisi autrement vous-même, rien n’est conservé.",
  gpcSharing:
    "Global Privacy Control est respecté : tant que votre navigateur l’envoie et que vous n’avez pas choisi autrement vous-même, rien n’est transmis.",
  dnt: "« Do Not Track » est respecté de la même façon.",
  yourRights:
    "Vous pouvez voir ce qui est conservé de vous, le recevoir en fichier, le corriger, en limiter l’usage, vous y opposer et le faire effacer, ici et maintenant, depuis le navigateur que vous utilisez. Vous pouvez retirer votre consentement à tout moment sous « Choix de confidentialité » et saisir l’autorité de protection des données.",
  days: "{days} jours au plus",
  untilCleared: "jusqu’à ce que vous retiriez votre accord ou vidiez le navigateur",
  captured: {
    views: "Les pages que vous ouvrez, sans ce qui suit « ? » dans leur adresse",
    arrival: "D’où vous venez : le type de source et la campagne indiquée dans le lien",
    device:
      "Le type d’appareil, le navigateur, le système, la langue et le pays, tels que les requêtes de votre navigateur les indiquent ; jamais votre adresse sur le réseau",
    leaving: "Combien de temps une page était devant vous et jusqu’où vous l’avez fait défiler",
    clicks: "Ce sur quoi vous appuyez : les mots qui y figurent, jamais ce que vous saisissez",
    forms:
      "Qu’un formulaire a été commencé, quitté, refusé ou envoyé, et le nom de ses champs ; jamais ce qu’ils contiennent",
    copies: "Que quelque chose a été copié ; jamais quoi",
    friction:
      "Les signes que quelque chose ne marche pas pour vous : appuis répétés, appuis sans effet, retour immédiat",
    errors: "Les erreurs du programme de la page",
    vitals: "La rapidité de la page",
    events: "Les étapes que le site signale lui-même, une commande par exemple",
    names: "Le nom ou le numéro sous lequel le site vous connaît, s’il le communique",
    outcomes: "Les conseils qui vous ont été montrés et ce que vous en avez fait",
    scores: "Les prévisions faites sur votre visite",
  },
  stores: {
    browser: "Dans votre navigateur : votre choix et, après un oui, un nombre aléatoire",
    outbox: "Dans votre navigateur : les étapes qui n’ont pas encore pu être envoyées",
    cookie: "Dans votre navigateur : le même nombre aléatoire dans un cookie, sur l’adresse du site lui-même",
    journey: "Sur notre serveur : vos visites sous ce nombre",
    map: "Sur notre serveur : des sommes sur tous les visiteurs, avec votre part sous un pseudonyme afin de pouvoir la retirer",
    decisions: "Sur notre serveur : les conseils envisagés pour vous, et pourquoi ils ont été montrés ou non",
    history: "Dans nos archives : les étapes ligne par ligne, sous le même pseudonyme",
    records: "La preuve de vos choix, sous un pseudonyme que personne ne peut plus relier à vous après un effacement",
  },
  machine: "La même chose pour les machines (JSON)",
};

export const known: KnownText = {
  title: "Ce que l’on sait de vous",
  intro:
    "Voici ce que {site} conserve de vos visites, au {date}. Votre nom n’y figure que si vous ou le site avez dit qui vous êtes.",
  nothing: "Rien n’est conservé à votre sujet.",
  choices: "Vos choix",
  none: "rien",
  steps: "Ce que vous avez fait",
  stepsAre: "Les dernières étapes, la plus récente d’abord. Le fichier à télécharger les contient toutes.",
  time: "Heure",
  what: "Quoi",
  where: "Où",
  help: "Ce qui a été décidé pour vous",
  helpIs: "Chaque fois que le site s’est demandé s’il devait vous aider, et pourquoi il l’a fait ou non.",
  shown: "affiché",
  notShown: "non affiché",
  team: "Ce que voit l’équipe du site",
  stage: "Étape",
  cameBy: "Arrivée par",
  device: "Appareil",
  stall: "Semble bloqué",
  intent: "Semble sur le point d’agir",
  browsers: "Vos navigateurs",
  browsersAre: "Navigateurs où vous étiez connecté : ensemble, ils forment un seul parcours.",
  history: "Archives",
  rows: "{count} entrées",
  more: "Vous pouvez obtenir tout cela dans un fichier, le faire corriger, en faire cesser l’usage ou le faire effacer, avec la preuve qui vous a donné cette page.",
  restricted: "Vous en avez fait cesser l’usage. Les données sont conservées, et rien n’en est fait.",
};
