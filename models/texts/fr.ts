import type { VisitorText } from "./visitor-text.ts";

export const fr: VisitorText = {
  title: "Pouvons-nous apprendre de votre visite ?",
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
    "Demande d’opposition respectée : votre navigateur envoie Global Privacy Control. Ce que vous choisissez vous-même ici prévaut.",
  dntHonoured:
    "Demande d’opposition respectée : votre navigateur envoie Do Not Track. Ce que vous choisissez vous-même ici prévaut.",
  needs: "Uniquement avec « {name} ».",
  save: "Enregistrer mon choix",
  saved: "Votre choix est enregistré.",
  changed: "Nouveau depuis votre dernier choix",
  newPurposes: "Autre finalité : {name}",
  newRecipients: "Autre destinataire : {name}",
  keptLonger: "Conservé plus longtemps qu’avant : {days} jours",
  objection: "Opposition au profilage",
  objectionMeans:
    "Nous ne faisons alors aucune prévision à votre sujet, n’en tirons aucun conseil et vous laissons hors des expériences, quels que soient les choix ci-dessus. Effet immédiat.",
  object: "Je m’oppose au profilage",
  objected: "Vous vous opposez au profilage. Il a cessé.",
  takeBack: "Retirer mon opposition",
  recipients: "Destinataires : {names}",
  kept: "Conservé {days} jours au plus.",
  privacy: "Ce qui est conservé, pourquoi et combien de temps",
  receipt: "Reçu de mon choix",
  receiptOf: "Reçu du {date}",
  receiptYes: "Vous avez dit oui à : {names}",
  receiptNo: "Vous avez dit non à : {names}",
  receiptNone: "Il n’y a pas de reçu pour vous : rien n’est conservé qui puisse vous être attribué.",
  download: "Enregistrer dans un fichier (JSON)",
  dismiss: "Fermer",
  why: "Pourquoi ce message ?",
  whyDecided:
    "La décision a été prise automatiquement, par une règle, à partir des étapes suivies sur ce site. Personne n’est intervenu.",
  keys: "F8 mène à ce message et en revient, Échap le ferme.",
};
