import type { machineFindings } from "../../../ops/findings/machine-findings.ts";

/** What a check found, and how to mend it: `ops/findings/fill-text.ts` says what the braces mean. */
export type CheckText = readonly [finding: string, mend: string | null];

/** Commands, keys of the configuration and names of files stay as they are typed. */
export const checksMachineEs: Readonly<Record<keyof typeof machineFindings, CheckText>> = {
  "node-fit": ["Node {version}", null],
  "node-old": [
    "Node {version} es demasiado antiguo",
    "Instale Node {needed} o inicie Carepost con su propio lanzador.",
  ],

  "config-read": ["{gateway}, de {file}", null],
  "config-from-environment": ["{gateway}, del entorno", null],
  "config-wrong": [
    "hay claves que no valen: {keys}",
    "Corrija cada una en la configuración: `carepost doctor` dice qué le pasa.",
  ],
  "needs-config": ["hace falta una configuración válida", null],

  "disk-fit": ["{room} libres en {folder}; una escritura tarda {flush} ms, la peor {worst} ms", null],
  "disk-nearly-full": [
    "{room} libres en {folder}; una escritura tarda {flush} ms, la peor {worst} ms",
    "Haga sitio en este disco o ponga store.path en otro.",
  ],
  "disk-slow": [
    "{room} libres en {folder}; una escritura tarda {flush} ms, la peor {worst} ms",
    "Ponga store.path en un disco más rápido: cada lectura espera a una escritura antes de que su dispositivo siga.",
  ],
  "disk-unwritable": [
    "no se puede escribir en {folder} ({code})",
    "Cree la carpeta de store.path y désela al usuario con el que funciona Carepost, o monte su disco.",
  ],

  "store-not-yet": ["todavía no hay ninguno: el equipo crea {path} cuando arranca por primera vez", null],
  "store-without-folder": [
    "la carpeta de {path} no existe",
    "Créela y désela al usuario con el que funciona Carepost.",
  ],
  "store-sound": ["en buen estado, {size} MiB, {percent} % de su cuota", null],
  "store-not-read-whole": ["demasiado grande para leerlo entero aquí, {size} MiB, {percent} % de su cuota", null],
  "store-encrypted": ["cifrado", null],
  "store-filling": [
    "se está llenando",
    "Compruebe que se entrega lo que espera, suba store.quotaMiB o baje store.retentionDays.",
  ],
  "store-plain": [
    "sin cifrar: quien tenga el disco tiene las lecturas, y un bit cambiado no se nota",
    "Dé una clave a un almacén nuevo: `openssl rand -hex 32` en un archivo de modo 0600, nombrado en store.keyFile.",
  ],

  "no-store": ["no hay ningún almacén que mirar", null],
  backlog: ["{readings|una lectura|# lecturas}, {waiting} en espera", null],
  "backlog-store-full": [
    "el almacén no acepta más lecturas ({alarm})",
    "Deje que se entregue lo que espera o haga sitio: los dispositivos guardan sus lecturas mientras tanto.",
  ],
  "backlog-old": [
    "la más antigua espera desde hace {hours} h",
    "Arregle lo que digan las comprobaciones del bróker y del receptor.",
  ],
  "backlog-rejected": [
    "{count|1 rechazada|# rechazadas} por el otro lado",
    "`carepost readings dead-letters list` dice por qué.",
  ],
  "backlog-held": [
    "{count|1 retenida|# retenidas}, porque no se sabe de quién son",
    "Decida arriba de quién es cada una.",
  ],
  "backlog-undated": [
    "{count} sin fecha, porque no se sabe si el reloj está bien",
    "Se fechan cuando el reloj esté en hora.",
  ],
  "backlog-dropped": ["{count|1 perdida|# perdidas} por falta de sitio", "Suba store.quotaMiB y arregle la conexión."],

  "clock-set": ["{time} en {zone}, puesto en hora por el servicio de hora", null],
  "clock-vouched-for": ["{time} en {zone}, por bueno según la configuración", null],
  "clock-unsure": [
    "{time} en {zone}, pero nada dice que esté bien: las lecturas quedan sin fecha hasta que algo lo diga",
    "Deje que systemd-timesyncd ponga el reloj en hora; si lo hace otro programa, dígalo con clock.assumeSynchronised.",
  ],

  "pages-kiosk-ready": ["las páginas están hechas, y todo lo que necesitan se puede leer", null],
  "pages-hub-ready": ["la página está hecha, y todo lo que necesita se puede leer", null],
  "pages-without-staff": [
    "las páginas están listas, pero nadie puede entrar como personal",
    "Ponga un PIN con `carepost kiosk pin NOMBRE` y nombre su archivo en kiosk.staffFile.",
  ],

  "kernel-fit": ["Linux {version}", null],
  "kernel-faulty": [
    "Linux {version}: la serie 6.1 puede fallar cuando termina una conexión Low Energy, y deja el Bluetooth sin servicio hasta el próximo arranque",
    "Use un núcleo más nuevo: en Debian 12, `apt-get install -t bookworm-backports linux-image-amd64`.",
  ],

  "no-gateway": ["ninguno funciona sobre este almacén", null],
  "gateway-mute": [
    "funciona y no responde en {seconds} s",
    "Mire su registro; si ya no dice nada, reinícielo: no se pierde nada.",
  ],
  "gateway-hears": ["{gateway} funciona con {radio} y oyó algo hace {span}", null],
  "gateway-starts": ["{gateway} funciona con {radio} y empieza a escuchar", null],
  "gateway-hears-nothing": [
    "{gateway} funciona con {radio} y no oye nada desde hace {span}, por más que lo intenta",
    "Encienda un dispositivo y acérquelo. Si sigue sin oírse, desenchufe el adaptador y vuelva a enchufarlo.",
  ],
  "gateway-without-radio": [
    "{gateway} funciona con {radio} y no puede usarla",
    "Arregle lo que digan las comprobaciones de la radio; el equipo sigue solo.",
  ],

  "check-refused": ["no se pudo comprobar ({code})", null],
  "check-failed": ["la comprobación misma falló", "Avise de esto: es un fallo del programa."],
  "checks-failed": [
    "las comprobaciones fallaron",
    "Ejecute `carepost doctor` en este equipo: dice cada comprobación según termina.",
  ],
  "checks-late": [
    "no todas las comprobaciones terminaron a tiempo",
    "Ejecute `carepost doctor` en este equipo: dice cada comprobación según termina.",
  ],
};
