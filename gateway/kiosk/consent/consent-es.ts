import type { ConsentWords } from "./consent-words.ts";

/** Spanish. A changed word is a new version: see `consent-texts.ts`. */
export const spanishConsent: ConsentWords = {
  title: "Antes de medir: qué ocurre con sus mediciones",
  sections: [
    {
      heading: "Qué se guarda",
      text: "Sus mediciones con su hora, el aparato con que se tomaron y el código que le representa. Aquí no se guardan su nombre, su dirección ni sus datos de contacto.",
    },
    {
      heading: "Quién lo recibe",
      text: "El servicio de salud con el que trabaja esta tienda, por una conexión cifrada, y nadie más. El personal solo ve una medición cuando no se puede saber de quién es.",
    },
    {
      heading: "Durante cuánto tiempo",
      text: "Este quiosco guarda una medición hasta que el servicio de salud la tiene, y 90 días más. El tiempo que la guarda el servicio de salud figura en su propio aviso de privacidad.",
    },
    {
      heading: "Si se lleva un aparato a casa",
      text: "Entonces se anota que el aparato es suyo, para que sus mediciones lleguen al servicio de salud como suyas.",
    },
    {
      heading: "Sus derechos",
      text: "No tiene que aceptar: en ese caso no se guarda ni se envía nada. Puede retirar su consentimiento en cualquier momento, en este quiosco o con el personal de esta tienda. Desde ese momento no se recoge nada más, y se elimina lo que todavía no se haya enviado. Puede pedir al personal una copia de lo que se guarda aquí.",
    },
    {
      heading: "Lo que esto no es",
      text: "El quiosco muestra en qué lugar de una tabla publicada está un valor. No es un diagnóstico y no sustituye a su médico. En una emergencia, llame al número de emergencias.",
    },
  ],
  trendQuestion: "¿Puede el quiosco mostrarle también en esta pantalla sus mediciones anteriores de aquí?",
};
