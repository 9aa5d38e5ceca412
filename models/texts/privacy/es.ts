import type { PrivacyText } from "./privacy-text.ts";

export const es: PrivacyText = {
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
