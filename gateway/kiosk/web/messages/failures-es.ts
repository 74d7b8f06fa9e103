import type { FailureWords } from "./failures-en.ts";

export const failuresEs: FailureWords = {
  notFound: {
    title: "No encontramos el aparato",
    text: "Enciéndalo, póngalo justo al lado de la pantalla e intente de nuevo.",
  },
  tooFar: { title: "El aparato está demasiado lejos", text: "Acérquelo al borde de la pantalla e intente de nuevo." },
  refused: {
    title: "El aparato no aceptó",
    text: "Mantenga pulsado su botón Bluetooth hasta que parpadee una señal e intente de nuevo.",
  },
  wrongPasskey: {
    title: "Los números no coinciden",
    text: "Intente de nuevo con los números que el aparato muestre entonces: cambian cada vez.",
  },
  tooSlow: {
    title: "El aparato dejó de esperar",
    text: "Prepárelo otra vez e intente de nuevo. Hay unos 30 segundos.",
  },
  windowClosed: {
    title: "El tiempo para conectar ha terminado",
    text: "Intente de nuevo cuando su aparato esté listo. Puede hacerlo las veces que quiera.",
  },
  cannotPair: {
    title: "Este aparato no se puede conectar aquí",
    text: "Use el aparato de aquí o pregunte al personal.",
  },
  pairingTaken: { title: "Se está conectando otro aparato", text: "Espere un momento e intente de nuevo." },
  busyElsewhere: {
    title: "El aparato está ocupado con un teléfono",
    text: "Apague un momento el Bluetooth de ese teléfono e intente de nuevo.",
  },
  linkLost: {
    title: "La conexión se cortó",
    text: "Ponga el aparato justo al lado de la pantalla e intente de nuevo. No se pierde ninguna medición.",
  },
  pairAgain: {
    title: "Hay que conectar el aparato otra vez",
    text: "Vuelva atrás, elija «Mi propio aparato» y conéctelo de nuevo.",
  },
  unsupported: { title: "No conocemos este tipo de aparato", text: "Use el aparato de aquí o pregunte al personal." },
  deviceMenu: { title: "El aparato está ocupado", text: "Cierre su menú, o deje que termine, e intente de nuevo." },
  transfer: {
    title: "El aparato no envió su resultado",
    text: "Apáguelo, enciéndalo e intente de nuevo. Si vuelve a pasar, pregunte al personal.",
  },
  radioDown: {
    title: "La conexión con los aparatos está interrumpida",
    text: "A menudo vuelve sola. Espere un momento e intente de nuevo.",
  },
  kioskBusy: { title: "Otra persona está midiendo ahora", text: "Espere a que termine, por favor." },
  visitOver: { title: "Esta visita ha terminado", text: "Se ha olvidado todo. Empiece de nuevo, por favor." },
  stepChanged: { title: "La pantalla ha avanzado", text: "Mire lo que muestra ahora y siga desde ahí." },
  consentChanged: { title: "El texto ha cambiado", text: "Lea el nuevo, por favor, y decida otra vez." },
  deviceGone: { title: "Este aparato ya no está aquí", text: "Elija uno de los que se muestran ahora." },
  measureFirst: {
    title: "Mida primero con él, por favor",
    text: "El aparato se presenta cuando envía su primer resultado.",
  },
  ofAnother: {
    title: "Este aparato es de otra persona",
    text: "Hable con el personal, por favor: ellos pueden cambiarlo.",
  },
  slotNeeded: { title: "¿Qué usuario es usted?", text: "Elija el usuario que muestra la pantalla del aparato." },
  questionOver: { title: "El aparato pregunta otra cosa", text: "Responda a lo que muestra ahora la pantalla." },
  notCertain: {
    title: "Mida otra vez, por favor",
    text: "Llegó un resultado, pero puede ser anterior. Se guarda aparte y no se muestra como suyo.",
  },
  undated: {
    title: "Esta pantalla aún no sabe la hora",
    text: "Su resultado llegó y está a salvo, pero no se puede mostrar como suyo. Pregunte al personal, por favor.",
  },
  staffNeeded: {
    title: "El personal le abrirá esta pantalla",
    text: "Hable con el personal, por favor: primero deben identificarse.",
  },
  unreachable: {
    title: "La pantalla se está conectando de nuevo",
    text: "No se pierde nada. Intente de nuevo en un momento.",
  },
  tooFast: { title: "Fue un poco rápido", text: "Espere un momento e intente de nuevo." },
  unclear: { title: "No funcionó", text: "Intente de nuevo. Si vuelve a pasar, pregunte al personal, por favor." },
};
