import type { KnownText } from "./known-text.ts";
import type { PrivacyText } from "./privacy-text.ts";
import type { VisitorText } from "./visitor-text.ts";

export const visitor: VisitorText = {
  title: "¿Podemos aprender de su visita?",
  body: "Con su permiso guardamos los pasos que da aquí, para ayudar donde la gente se atasca. El sitio funciona igual si dice que no, y puede cambiar de opinión en cualquier momento.",
  accept: "Aceptar todo",
  reject: "Rechazar todo",
  modes: {
    "opt-out": {
      title: "Aprendemos de su visita",
      body: "Guardamos los pasos que da aquí, para ayudar donde la gente se atasca. Puede decir que no en cualquier momento, y el sitio funciona igual.",
      accept: "De acuerdo",
      reject: "Rechazar todo",
    },
    notice: {
      title: "Cómo aprendemos de su visita",
      body: "Guardamos los pasos que da aquí, para ayudar donde la gente se atasca. Puede oponerse en cualquier momento, y el sitio funciona igual.",
      accept: "Lo he leído",
      reject: "Me opongo",
      withdraw: "Oponerme",
    },
  },
  choose: "Elegir en detalle",
  announced: "Puede elegir al principio de esta página.",
  control: "Opciones de privacidad",
  withdraw: "Retirar",
  close: "Cerrar sin cambiar mi elección",
  names: {
    analytics: "Su visita",
    scoring: "Predicciones",
    personalization: "Ayuda y ofertas",
    improvement: "Mejores predicciones",
    sharing: "Cesión a otros",
  },
  purposes: {
    analytics: "Guardamos, con un número aleatorio, qué páginas abre y qué pulsa. Nunca lo que escribe.",
    scoring:
      "A partir de sus pasos calculamos si está atascado o a punto de decidirse, en su dispositivo y otra vez en nuestro servidor.",
    personalization: "Le mostramos un consejo o una oferta cuando puede ayudar.",
    improvement: "Usamos las visitas para mejorar las predicciones.",
    sharing: "Pasamos su visita a otras empresas.",
  },
  gpcHonoured:
    "Solicitud de exclusión respetada: su navegador envía Global Privacy Control. Lo que usted mismo elija aquí prevalece.",
  dntHonoured:
    "Solicitud de exclusión respetada: su navegador envía Do Not Track. Lo que usted mismo elija aquí prevalece.",
  needs: "Solo junto con «{name}».",
  save: "Guardar mi elección",
  saved: "Su elección está guardada.",
  changed: "Novedades desde su última elección",
  newPurposes: "Otra finalidad: {name}",
  newRecipients: "Otro destinatario: {name}",
  keptLonger: "Se guarda más tiempo que antes: {days} días",
  objection: "Oposición a la elaboración de perfiles",
  objectionMeans:
    "Entonces no hacemos predicciones sobre usted, no elegimos consejos con ellas y le dejamos fuera de los experimentos, se elija lo que se elija arriba. Vale de inmediato.",
  object: "Me opongo a que se elabore mi perfil",
  objected: "Se opone a la elaboración de perfiles. Ha cesado.",
  takeBack: "Retirar mi oposición",
  recipients: "Destinatarios: {names}",
  kept: "Se guarda {days} días como máximo.",
  privacy: "Qué se guarda, por qué y cuánto tiempo",
  receipt: "Justificante de mi elección",
  receiptOf: "Justificante del {date}",
  receiptYes: "Dijo que sí a: {names}",
  receiptNo: "Dijo que no a: {names}",
  receiptNone: "No hay justificante para usted: no se guarda nada que se le pueda atribuir.",
  download: "Guardar como archivo (JSON)",
  dismiss: "Cerrar",
  why: "¿Por qué veo esto?",
  whyDecided:
    "Se decidió automáticamente, según una regla, a partir de los pasos dados en este sitio. No intervino ninguna persona.",
  keys: "F8 lleva a este mensaje y de vuelta; Escape lo cierra.",
};

export const privacy: PrivacyText = {
  title: "Qué guarda {name} de su visita",
  intro:
    "Esta página se hace con los ajustes que están en vigor ahora mismo, así que dice lo que de verdad ocurre. Lo que usted aceptó o rechazó está en «Opciones de privacidad».",
  controller: "Quién responde de ello",
  what: "Qué se guarda",
  why: "Para qué",
  howLong: "Durante cuánto tiempo",
  who: "Quién más lo recibe",
  predictions: "Predicciones",
  signals: "Lo que su navegador dice por sí mismo",
  rights: "Sus derechos",
  nobody: "Nadie. Quien mantiene los ordenadores trabaja solo según nuestras instrucciones.",
  models: {
    stall: "«stall», versión {version}, calcula si es probable que se haya detenido en el camino.",
    intent: "«intent», versión {version}, calcula lo cerca que está de lo que buscaba.",
  },
  modelsRead:
    "Ambas son reglas escritas a mano. Leen {count} números: cuántos pasos dio, hasta dónde llegó y cuánto tiempo ha pasado. Sus nombres están en el JSON.",
  noModel: "No se hace ninguna predicción sobre usted.",
  gpcAll:
    "Se respeta Global Privacy Control: mientras su navegador lo envíe y usted no haya elegido otra cosa, no se guarda nada.",
  gpcSharing:
    "Se respeta Global Privacy Control: mientras su navegador lo envíe y usted no haya elegido otra cosa, no se entrega nada a nadie.",
  dnt: "«Do Not Track» se respeta del mismo modo.",
  yourRights:
    "Puede ver lo que se guarda de usted, recibirlo en un archivo, corregirlo, limitarlo, oponerse y hacer que se borre, aquí y ahora, desde el navegador que usa. Puede retirar su consentimiento en cualquier momento en «Opciones de privacidad» y reclamar ante su autoridad de protección de datos.",
  days: "como máximo {days} días",
  untilCleared: "hasta que retire su consentimiento o vacíe el navegador",
  captured: {
    views: "Qué páginas abre, sin lo que va detrás de «?» en su dirección",
    arrival: "De dónde viene: el tipo de fuente y la campaña del enlace",
    device:
      "Tipo de dispositivo, navegador, sistema, idioma y país, según las peticiones de su navegador; nunca su dirección en la red",
    leaving: "Cuánto tiempo tuvo delante una página y hasta dónde la recorrió",
    clicks: "Lo que pulsa: las palabras que lleva, nunca lo que escribe",
    forms:
      "Que un formulario se empezó, se dejó, se rechazó o se envió, y los nombres de sus campos; nunca su contenido",
    copies: "Que se copió algo; nunca qué",
    friction: "Señales de que algo no le funciona: pulsaciones repetidas, pulsaciones sin efecto, volver enseguida",
    errors: "Errores del programa de la página",
    vitals: "La rapidez de la página",
    events: "Pasos que comunica el propio sitio, como un pedido",
    names: "El nombre o número con que el sitio le conoce, si lo comunica",
    outcomes: "Qué sugerencias se le mostraron y qué hizo con ellas",
    scores: "Las predicciones sobre su visita",
  },
  stores: {
    browser: "En su navegador: su elección y, tras un sí, un número al azar",
    outbox: "En su navegador: pasos que aún no se pudieron enviar",
    cookie: "En su navegador: el mismo número al azar en una cookie, en la dirección del propio sitio",
    journey: "En nuestro servidor: sus visitas bajo ese número",
    map: "En nuestro servidor: sumas de todos los visitantes, con su parte bajo un seudónimo para poder retirarla",
    decisions: "En nuestro servidor: qué sugerencias se consideraron para usted y por qué se mostraron o no",
    history: "En nuestro archivo: los pasos, fila por fila, bajo el mismo seudónimo",
    records: "La prueba de sus elecciones, bajo un seudónimo que nadie puede relacionar con usted tras un borrado",
  },
  machine: "Lo mismo para máquinas (JSON)",
};

export const known: KnownText = {
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
};
