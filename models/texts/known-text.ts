import type { Purpose } from "../consent.ts";

/** The words of the page on which a visitor reads what is known about them. */
export interface KnownText {
  title: string;
  /** `{date}`, `{site}`. */
  intro: string;
  /** Where nothing is kept. */
  nothing: string;
  choices: string;
  none: string;
  steps: string;
  /** The list is of the latest; the file has all. */
  stepsAre: string;
  time: string;
  what: string;
  where: string;
  help: string;
  helpIs: string;
  shown: string;
  notShown: string;
  team: string;
  stage: string;
  cameBy: string;
  device: string;
  stall: string;
  intent: string;
  browsers: string;
  browsersAre: string;
  history: string;
  /** `{count}`. */
  rows: string;
  more: string;
  restricted: string;
  purposes: Record<Purpose, string>;
}

const en: KnownText = {
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
  purposes: {
    analytics: "your journey",
    scoring: "predictions",
    personalization: "help and offers",
    improvement: "training",
    sharing: "sharing",
  },
};

const de: KnownText = {
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
  purposes: {
    analytics: "Ihr Weg",
    scoring: "Vorhersagen",
    personalization: "Hilfe und Angebote",
    improvement: "Training",
    sharing: "Weitergabe",
  },
};

const fr: KnownText = {
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
  browsersAre: "Navigateurs où vous étiez connecté : ensemble, ils forment un seul parcours.",
  history: "Archives",
  rows: "{count} entrées",
  more: "Vous pouvez obtenir tout cela dans un fichier, le faire corriger, en faire cesser l’usage ou le faire effacer, avec la preuve qui vous a donné cette page.",
  restricted: "Vous en avez fait cesser l’usage. Les données sont conservées, et rien n’en est fait.",
  purposes: {
    analytics: "votre parcours",
    scoring: "prédictions",
    personalization: "aide et offres",
    improvement: "entraînement",
    sharing: "partage",
  },
};

const es: KnownText = {
  title: "Lo que se sabe de usted",
  intro:
    "Esto es lo que {site} guarda de sus visitas, a {date}. Su nombre solo figura si usted o el sitio han dicho quién es.",
  nothing: "No se guarda nada sobre usted.",
  choices: "Sus decisiones",
  none: "nada",
  steps: "Lo que hizo",
  stepsAre: "Los últimos pasos, el más reciente primero. El archivo que puede descargar los contiene todos.",
  time: "Hora",
  what: "Qué",
  where: "Dónde",
  help: "Lo que se decidió para usted",
  helpIs: "Cada vez que el sitio se preguntó si ayudarle, y por qué lo hizo o no.",
  shown: "mostrado",
  notShown: "no mostrado",
  team: "Lo que ve el equipo del sitio",
  stage: "Etapa",
  cameBy: "Llegó por",
  device: "Dispositivo",
  stall: "Parece atascado",
  intent: "Parece a punto de actuar",
  browsers: "Sus navegadores",
  browsersAre: "Navegadores en los que inició sesión: juntos son un solo recorrido.",
  history: "Archivo",
  rows: "{count} entradas",
  more: "Puede obtener todo esto en un archivo, corregirlo, detener su uso o borrarlo, con la misma prueba con la que pidió esta página.",
  restricted: "Usted ha detenido su uso. Se guarda, y no se hace nada con ello.",
  purposes: {
    analytics: "su recorrido",
    scoring: "predicciones",
    personalization: "ayuda y ofertas",
    improvement: "entrenamiento",
    sharing: "cesión",
  },
};

const pt: KnownText = {
  title: "O que se sabe sobre si",
  intro:
    "Isto é o que {site} guarda das suas visitas, em {date}. O seu nome só aparece se você ou o site disseram quem é.",
  nothing: "Nada é guardado sobre si.",
  choices: "As suas escolhas",
  none: "nada",
  steps: "O que fez",
  stepsAre: "Os últimos passos, o mais recente primeiro. O ficheiro que pode descarregar contém todos.",
  time: "Hora",
  what: "O quê",
  where: "Onde",
  help: "O que foi decidido para si",
  helpIs: "Cada vez que o site perguntou se o devia ajudar, e porque o fez ou não.",
  shown: "mostrado",
  notShown: "não mostrado",
  team: "O que a equipa do site vê",
  stage: "Etapa",
  cameBy: "Chegou por",
  device: "Dispositivo",
  stall: "Parece parado",
  intent: "Parece prestes a agir",
  browsers: "Os seus navegadores",
  browsersAre: "Navegadores em que iniciou sessão: juntos são um só percurso.",
  history: "Arquivo",
  rows: "{count} entradas",
  more: "Pode obter tudo isto num ficheiro, corrigi-lo, parar o seu uso ou apagá-lo, com a mesma prova com que pediu esta página.",
  restricted: "Parou o uso destes dados. São guardados, e nada se faz com eles.",
  purposes: {
    analytics: "o seu percurso",
    scoring: "previsões",
    personalization: "ajuda e ofertas",
    improvement: "treino",
    sharing: "partilha",
  },
};

const ar: KnownText = {
  title: "ما هو معروف عنك",
  intro: "هذا ما يحتفظ به {site} عن زياراتك حتى {date}. لا يظهر اسمك هنا إلا إذا ذكرتَ أنت أو الموقع من تكون.",
  nothing: "لا يُحتفظ بأي شيء عنك.",
  choices: "اختياراتك",
  none: "لا شيء",
  steps: "ما فعلته",
  stepsAre: "آخر الخطوات، الأحدث أولاً. الملف الذي يمكنك تنزيله يحتويها كلها.",
  time: "الوقت",
  what: "ماذا",
  where: "أين",
  help: "ما تقرر بشأنك",
  helpIs: "كل مرة سأل فيها الموقع إن كان عليه مساعدتك، ولماذا فعل أو لم يفعل.",
  shown: "عُرض",
  notShown: "لم يُعرض",
  team: "ما يراه فريق الموقع",
  stage: "المرحلة",
  cameBy: "طريق الوصول",
  device: "الجهاز",
  stall: "يبدو متعثراً",
  intent: "يبدو على وشك الإتمام",
  browsers: "متصفحاتك",
  browsersAre: "المتصفحات التي سجلت الدخول فيها: هي معاً رحلة واحدة.",
  history: "الأرشيف",
  rows: "عدد السجلات: {count}",
  more: "يمكنك الحصول على كل هذا في ملف، أو طلب تصحيحه أو إيقاف استخدامه أو محوه، بالإثبات نفسه الذي طلبت به هذه الصفحة.",
  restricted: "لقد أوقفتَ استخدام هذه البيانات. يُحتفظ بها ولا يُفعل بها شيء.",
  purposes: {
    analytics: "رحلتك",
    scoring: "التوقعات",
    personalization: "المساعدة والعروض",
    improvement: "التدريب",
    sharing: "المشاركة",
  },
};

/** By primary language, as the visitor's other texts. */
export const KNOWN_TEXTS: Record<string, KnownText> & { en: KnownText } = { en, de, fr, es, pt, ar };
