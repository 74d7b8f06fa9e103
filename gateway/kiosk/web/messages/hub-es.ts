import type { HubWords } from "./hub-en.ts";

export const hubEs: HubWords = {
  title: "Equipo del hogar",
  lights: {
    green: {
      name: "Luz verde",
      headline: "Todo está bien",
      text: "Sus dispositivos se leen solos. No hay nada que hacer.",
    },
    amber: {
      name: "Luz ámbar",
      headline: "Mírelo cuando pueda",
      text: "No se pierde nada. Abajo está lo que puede hacer.",
    },
    red: {
      name: "Luz roja",
      headline: "Por favor, haga algo",
      text: "Puede que las lecturas no lleguen a quien le cuida. Abajo está qué hacer.",
    },
  },
  unheard: {
    headline: "El equipo no responde",
    text: "Esta página no lo alcanza ahora mismo. Lo intenta sola otra vez. Compruebe que el equipo tiene corriente.",
  },
  reasons: {
    "store-full": {
      title: "El equipo está lleno",
      todo: "Llame a quien le dio el equipo. Sus dispositivos guardan sus lecturas mientras tanto.",
    },
    "radio-down": {
      title: "El equipo no oye los dispositivos",
      todo: "Desenchufe el equipo, espere diez segundos y vuelva a enchufarlo.",
    },
    "readings-dropped": { title: "Se perdieron algunas lecturas", todo: "Llame a quien le dio el equipo." },
    "uplink-away": {
      title: "No hay conexión a internet",
      todo: "Revise su router. Las lecturas se guardan en el equipo y se envían cuando vuelva.",
    },
    "backlog-old": {
      title: "Hay lecturas por enviar",
      todo: "Están a salvo en el equipo. Si sigue así mañana, llame a quien le dio el equipo.",
    },
    "certificate-expired": {
      title: "Hay que renovar el equipo",
      todo: "Llame a quien le dio el equipo. Las lecturas se guardan en él.",
    },
    "certificate-expiring": {
      title: "Pronto hay que renovar el equipo",
      todo: "Llame esta semana a quien le dio el equipo.",
    },
    "radio-silent": {
      title: "Hace rato que no se oye ningún dispositivo",
      todo: "Mídase cerca del equipo. Si no cambia nada, desenchúfelo y vuelva a enchufarlo.",
    },
    "store-nearly-full": { title: "El equipo se está llenando", todo: "Déjelo conectado a internet: hace sitio solo." },
    "clock-untrusted": {
      title: "El equipo no sabe la hora",
      todo: "Conéctelo a internet. Entonces se pone en hora y fecha sus lecturas.",
    },
    "bond-lost": {
      title: "Hay que emparejar otra vez un dispositivo",
      todo: "Llévelo adonde se lo dieron. Lo normal es que se cambiaran las pilas o se emparejara con un teléfono.",
    },
    "battery-low": { title: "Hay una pila baja", todo: "Cambie las pilas del dispositivo marcado abajo." },
    "no-devices": {
      title: "Todavía no hay ningún dispositivo",
      todo: "Cuando quien le cuida avise al equipo de su dispositivo, aparecerá aquí solo.",
    },
  },
  unknownReason: { title: "Algo no está como debe", todo: "Llame a quien le dio el equipo." },
  sending: "Envío",
  connected: "conectado",
  disconnected: "sin conexión",
  lastSent: "Última lectura enviada",
  notYet: "ninguna desde que arrancó el equipo",
  waiting: { one: "1 lectura espera", other: "{n} lecturas esperan" },
  nothingWaits: "todo está enviado",
  devices: "Sus dispositivos",
  lastHeard: (when) => `oído por última vez ${when}`,
  neverHeard: "todavía no se ha oído: mídase cerca del equipo",
  lowBattery: (percent) => `pila baja (${percent} %)`,
  battery: (percent) => `pila ${percent} %`,
  pairAgain: "emparejar otra vez",
  readings: "Últimas lecturas",
  readingsNone: "Todavía no hay ninguna lectura.",
  signIn: "Entrar para ver las lecturas",
  signInTitle: "Entrar",
  signInLead: "Las lecturas se muestran a quien conoce el nombre y el PIN del equipo.",
  sent: "enviada",
  waits: "espera",
  unknownTime: "hora desconocida",
  asOf: (time) => `Visto a las ${time}`,
  about: (gateway, version) => `Equipo ${gateway}, versión ${version}`,
};
