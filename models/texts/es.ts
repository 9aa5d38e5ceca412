import type { VisitorText } from "./visitor-text.ts";

export const es: VisitorText = {
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
