import type { StaffAlertWords } from "./staff-alerts-en.ts";

export const staffAlertsEs: StaffAlertWords = {
  "store-full": {
    title: "Ya no se aceptan lecturas",
    todo: "El almacén está lleno. Deje que se entregue lo que espera, o haga sitio en el disco. Los dispositivos guardan sus lecturas mientras tanto.",
  },
  "radio-down": {
    title: "La radio no se puede usar",
    todo: "Desenchufe el adaptador Bluetooth y vuelva a enchufarlo. Si no ayuda, haga las comprobaciones de abajo.",
  },
  "audit-not-whole": {
    title: "El registro de auditoría fue alterado",
    todo: "Deje este equipo como está y avise a quien responde de la protección de datos.",
  },
  "readings-dropped": {
    title: "Se perdieron lecturas por falta de sitio",
    todo: "Arregle la conexión y pida más sitio para el almacén.",
  },
  "uplink-away": {
    title: "No hay conexión",
    todo: "Revise la red de este lugar. Las lecturas se guardan aquí y se entregan cuando vuelva.",
  },
  "backlog-old": {
    title: "Hay lecturas que esperan aunque hay conexión",
    todo: "Avise a quien cuida de los equipos: puede que el otro lado no responda.",
  },
  "certificate-expired": {
    title: "El certificado ha caducado",
    todo: "Avise a quien cuida de los equipos. Las lecturas se guardan aquí hasta que se renueve.",
  },
  "certificate-expiring": {
    title: "El certificado caduca pronto",
    todo: "Avise a quien cuida de los equipos: debería haberse renovado solo.",
  },
  "pages-certificate-expired": {
    title: "El certificado de esta página ha caducado",
    todo: "Avise a quien cuida de los equipos. Hasta entonces los navegadores avisan antes de mostrar esta página. A las lecturas no les afecta.",
  },
  "pages-certificate-expiring": {
    title: "El certificado de esta página caduca pronto",
    todo: "Avise a quien cuida de los equipos. Uno nuevo se usa sin reiniciar.",
  },
  "radio-silent": {
    title: "No se oye ningún dispositivo",
    todo: "Encienda un dispositivo y acérquelo. Si no se oye, desenchufe el adaptador Bluetooth y vuelva a enchufarlo.",
  },
  "store-nearly-full": {
    title: "El almacén está casi lleno",
    todo: "Compruebe que se entrega lo que espera. Entonces las lecturas antiguas dejan sitio solas.",
  },
  "clock-untrusted": {
    title: "No se sabe si el reloj está bien",
    todo: "Conecte este equipo a la red. Las lecturas se guardan y se fechan cuando el reloj se ponga en hora.",
  },
  "bond-lost": {
    title: "Hay que emparejar otra vez un dispositivo",
    todo: "Empiece una visita y emparéjelo. Lo normal es que se cambiaran las pilas o se emparejara con un teléfono.",
  },
  "battery-low": { title: "Hay una pila baja", todo: "Cambie las pilas." },
  "readings-held": {
    title: "Hay lecturas que esperan su decisión",
    todo: "Diga de quién es cada una, o descártela. No se entrega nada de ellas hasta entonces.",
  },
  "dead-letters": { title: "El otro lado rechazó lecturas", todo: "Se guardan. Avise a quien cuida de los equipos." },
};
