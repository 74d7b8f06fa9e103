import type { deliveryFindings } from "../../../ops/findings/delivery-findings.ts";
import type { CheckText } from "./checks-machine-es.ts";

export const checksDeliveryEs: Readonly<Record<keyof typeof deliveryFindings, CheckText>> = {
  "identity-none": ["este equipo no guarda un certificado propio (identity.folder no está puesto)", null],
  "identity-absent": [
    "este equipo no está dado de alta",
    "Délo de alta con `carepost enroll` y una ficha de la autoridad.",
  ],
  "identity-valid": ["vale hasta {end} UTC, {days|1 día|# días} más", null],
  "identity-valid-hours": ["vale hasta {end} UTC, {hours|1 hora|# horas} más", null],
  "identity-renewal-due": [
    "vale hasta {end} UTC, {days|1 día|# días} más, y hay que renovarlo",
    "Nada si el equipo funciona y acaba de arrancar. Si sigue así, su registro dice por qué (identity-renewal-failed).",
  ],
  "identity-renewal-due-hours": [
    "vale hasta {end} UTC, {hours|1 hora|# horas} más, y hay que renovarlo",
    "Nada si el equipo funciona y acaba de arrancar. Si sigue así, su registro dice por qué (identity-renewal-failed).",
  ],
  "identity-not-yet-valid": [
    "todavía no vale, según el reloj de este equipo, que dice {time}",
    "Ponga el reloj en hora: `sudo timedatectl set-ntp true`. Hasta entonces no se llega al bróker.",
  ],
  "identity-expired": [
    "caducó el {end} UTC, hace {days|1 día|# días}",
    "Inicie el equipo: renueva un certificado hasta 30 días después de su fin. Después, o si se le niega, `carepost enroll` con una ficha.",
  ],
  "identity-expired-hours": [
    "caducó el {end} UTC, hace {hours|1 hora|# horas}",
    "Inicie el equipo: renueva un certificado hasta 30 días después de su fin. Después, o si se le niega, `carepost enroll` con una ficha.",
  ],

  "ca-unreadable": ["caFile no contiene ningún certificado en PEM", "Ponga ahí los certificados de las autoridades."],
  "ca-alone": ["{authorities|se conoce 1 autoridad|se conocen # autoridades}; no se muestra ningún certificado", null],
  "cert-unreadable": ["certFile no contiene ningún certificado en PEM", "Ponga primero en él el certificado propio."],
  "key-of-another": [
    "la clave no es la del certificado",
    "Haga que certFile y el archivo de la clave sean de una misma emisión.",
  ],
  "cert-not-for-client": ["el certificado de {name} no está hecho para un cliente", "Pida uno para este uso."],
  "cert-not-for-server": ["el certificado de {name} no está hecho para un servidor", "Pida uno para este uso."],
  "cert-of-another": ["el certificado está a nombre de {name}, no de {meant}", "Pida uno a este nombre."],
  "cert-of-no-ingestor": [
    "el certificado está a nombre de {name}, no de un receptor (ingestor-…)",
    "Pida uno a este nombre.",
  ],
  "cert-expired": ["el certificado caducó el {end}", "Renuévelo; las lecturas se guardan mientras tanto."],
  "cert-not-yet-valid": [
    "el certificado todavía no vale",
    "Compruebe el reloj de este equipo y luego las fechas del certificado.",
  ],
  "cert-expiring": ["el certificado caduca el {end}", "Renuévelo a tiempo: sin él no se deja entrar a nadie."],
  "ca-expired": ["una de las autoridades de caFile ha caducado", "Ponga ahí su sucesora."],
  "cert-fit": ["la clave es la del certificado; vale hasta {end}", null],

  "pages-cert-none": ["no hace falta: las páginas se sirven solo a este equipo, en {url}", null],
  "pages-cert-open": [
    "ninguno: la página se sirve a la red sin cifrar, en el puerto {port}, y no le dice ninguna lectura",
    null,
  ],
  "pages-cert-fit": ["la clave es la del certificado; vale hasta {end}", null],
  "pages-cert-unreadable": [
    "kiosk.certFile no contiene ningún certificado en PEM",
    "Ponga ahí el certificado de las páginas, seguido de su cadena. Hasta entonces sigue en uso el que se sirve.",
  ],
  "pages-cert-key": [
    "la clave no es la del certificado de las páginas",
    "Haga que kiosk.certFile y kiosk.keyFile sean de una misma emisión. Lo que se ponga ahí se sirve sin reiniciar; hasta entonces sigue el par anterior.",
  ],
  "pages-cert-purpose": [
    "el certificado de {name} no está hecho para un servidor",
    "Pida uno para servir páginas (uso extendido de la clave: autenticación de servidor).",
  ],
  "pages-cert-names": [
    "vale hasta {end}, pero no está a nombre de {names}",
    "Pida uno a cada nombre y dirección por los que se llega a las páginas; con otro, los navegadores avisan.",
  ],
  "pages-cert-expired": [
    "caducó el {end}, y los navegadores rechazan las páginas o avisan",
    "Ponga ahí un certificado nuevo y su clave: se sirven sin reiniciar.",
  ],
  "pages-cert-not-yet-valid": [
    "no vale antes del {start}",
    "Compruebe el reloj de este equipo y luego las fechas del certificado.",
  ],
  "pages-cert-expiring": [
    "caduca el {end}",
    "Ponga ahí a tiempo un certificado nuevo y su clave: se sirven sin reiniciar.",
  ],

  "broker-answers": ["{url} responde en {ms} ms y habla MQTT {version}", null],
  "broker-answers-tls": ["{url} responde en {ms} ms por {version}; su certificado vale hasta {end}", null],
  "iot-hub-by-key": [
    "un IoT Hub, y su clave está en orden; entrar echaría al equipo, cuyo registro dice si está conectado",
    null,
  ],
  "iot-hub-by-certificate": [
    "un IoT Hub, con certificado; entrar echaría al equipo, cuyo registro dice si está conectado",
    null,
  ],

  "ingestor-not-asked": [
    "solo el certificado del propio equipo puede preguntarle: mire si lo que espera disminuye",
    null,
  ],
  "ingestor-nothing-to-ask": ["todavía no se ha entregado ninguna lectura con la que preguntarle", null],
  "needs-broker": ["hace falta el bróker", null],
  "ingestor-mute": [
    "el bróker aceptó un envío y no llegó ningún recibo en {seconds} s",
    "Inicie `carepost ingest` en este bróker, y mire su registro si funciona.",
  ],
  "ingestor-rejects": [
    "responde, pero rechaza lo que antes aceptó ({code})",
    "Use una misma versión de Carepost en los dos lados.",
  ],
  "ingestor-forgot": [
    "responde, pero no tenía una lectura que se entregó; ahora la tiene otra vez",
    "Averigüe si su base de datos se cambió o se restauró de una copia, y envíele lo que perdió.",
  ],
  "ingestor-has-it": ["responde, y tiene lo que se le entregó", null],
};
