import type { CheckText } from "./checks-machine-es.ts";

/** What a check ended with, by the code of the error. */
export const checkErrorsEs: Readonly<Record<string, CheckText>> = {
  "config-missing": ["no existe ese archivo de configuración", "Nombre con --config uno que exista, o quite --config."],
  "config-unreadable": [
    "no se puede leer la configuración",
    "Deje que la lea el usuario con el que funciona Carepost; de 1 MiB como máximo.",
  ],
  "config-syntax": [
    "la configuración no es YAML",
    "Corríjala: dos espacios por nivel, `clave: valor`, cada clave una vez.",
  ],
  "config-invalid": ["la configuración no vale", "Corrija cada clave que nombra `carepost gateway --print-config`."],
  "certificate-unreadable": [
    "no se puede leer el archivo de un certificado",
    "Haga que exista y que lo pueda leer el usuario con el que funciona Carepost.",
  ],
  "key-unreadable": [
    "no se puede leer el archivo de una clave",
    "Haga que exista y que lo pueda leer el usuario con el que funciona Carepost.",
  ],
  "key-exposed": [
    "otros pueden leer el archivo de una clave",
    "Quíteselo a todos menos a su dueño: chmod 600, y chown al usuario con el que funciona Carepost.",
  ],
  "key-malformed": [
    "el archivo no contiene una clave",
    "Escriba una de 64 cifras hexadecimales en una línea, como las hace `openssl rand -hex 32`.",
  ],

  "store-locked": ["otro proceso tiene abierto el almacén", "Ciérrelo, o dé a este una ruta propia."],
  "store-unreachable": [
    "no se llega al almacén",
    "Compruebe que la carpeta existe, que este usuario puede escribir en ella y que el disco está montado.",
  ],
  "store-key-wrong": [
    "la clave no es la del almacén",
    "Dé la clave de 32 bytes con la que se hizo, o ninguna si se hizo sin clave. No se cambió nada.",
  ],
  "store-damaged": [
    "el almacén está dañado",
    "Inicie otra vez: el archivo dañado se aparta y se recupera lo que se pueda leer. Después, haga revisar el disco.",
  ],
  "store-foreign": [
    "el archivo es la base de datos de otra cosa",
    "Compruebe la ruta de la configuración. No se cambió nada.",
  ],
  "store-schema-newer": [
    "el almacén lo escribió una versión posterior de Carepost",
    "Instale esa versión o una posterior. No se cambió nada.",
  ],
  "store-schema-older": [
    "el almacén lo escribió una versión anterior de Carepost",
    "Inicie una vez el programa al que pertenece y mire otra vez.",
  ],
  "storage-failed": [
    "el disco no pudo escribir",
    "El programa tiene que terminar; tras reiniciar solo cuenta lo que está en el disco.",
  ],
  "disk-full": [
    "el disco está lleno",
    "Haga sitio en el disco del almacén. Vuelve a aceptar lecturas solo, sin reiniciar.",
  ],
  "quota-exceeded": [
    "la cuota está agotada",
    "Arregle la conexión para que se entregue lo que espera, o suba la cuota.",
  ],
  "commit-queue-full": ["llega más de lo que el disco acepta", "Espere un momento y mire otra vez."],
  "commit-thread-ended": [
    "el hilo del almacén murió",
    "El programa tiene que terminar; tras reiniciar solo cuenta lo que está en el disco.",
  ],
  "store-closed": ["el almacén se cerró antes de la pregunta", "Haga las comprobaciones otra vez."],
  "store-request-failed": ["el almacén no pudo responder a esta pregunta", "Avise de esto, con su causa."],

  "broker-url-invalid": [
    "la dirección del bróker no vale",
    "Escríbala como mqtt://servidor:puerto o mqtts://servidor:puerto.",
  ],
  "broker-unreachable": [
    "no se llega al bróker",
    "Compruebe que funciona y que la red de este equipo llega a su dirección y su puerto.",
  ],
  "broker-timed-out": [
    "el bróker no responde a tiempo",
    "Compruebe que la dirección es la de un bróker MQTT y que ningún cortafuegos se traga la respuesta.",
  ],
  "broker-refused": [
    "el bróker rechaza la conexión",
    "Nada si se pasa: está ocupado o se está cerrando. Si sigue así, lea su registro.",
  ],
  "broker-version-refused": [
    "el bróker rechaza la versión de MQTT",
    "Ponga uplink.protocol a auto, o a la versión que habla el bróker.",
  ],
  "broker-certificate-untrusted": [
    "el certificado del bróker no merece confianza",
    "Compruebe su nombre, sus fechas y la autoridad que lo firmó.",
  ],
  "own-certificate-unusable": [
    "el certificado propio no se puede usar",
    "Compruebe los archivos de uplink.caFile, certFile y keyFile.",
  ],
  "own-certificate-refused": [
    "el bróker rechaza el certificado de este equipo",
    "Renuévelo, o dé de alta el equipo otra vez si se revocó; y haga que el bróker conozca la autoridad que lo firmó. Las lecturas se guardan mientras tanto.",
  ],
  "tls-handshake-failed": [
    "no se pudo acordar una conexión cifrada",
    "Compruebe que el puerto es el de TLS del bróker y que habla TLS 1.2 o posterior.",
  ],
  "not-authorized": [
    "el bróker no deja entrar a este equipo",
    "Permítale en sus reglas publicar y suscribirse bajo sus propios temas. Con certificados: compruebe que el suyo vale, no está revocado y está a su nombre.",
  ],
  "packet-too-large": [
    "el bróker no acepta mensajes tan grandes",
    "Suba su mensaje máximo a 64 KiB, o ponga un batchBytesMax menor.",
  ],
  "publish-refused": ["el bróker rechazó un mensaje", "Lea el registro del bróker."],
  "connection-lost": ["la conexión se cortó", "Nada: el equipo se conecta otra vez solo y repite lo que falte."],

  "identity-absent": [
    "este equipo no está dado de alta",
    "Délo de alta con `carepost enroll` y una ficha de la autoridad. Sigue recogiendo lecturas mientras tanto.",
  ],
  "identity-damaged": [
    "la clave o el certificado de este equipo no se pueden usar",
    "Délo de alta otra vez con `carepost enroll` y una ficha.",
  ],
  "iot-hub-key-malformed": [
    "la clave del dispositivo en el IoT Hub no lo es",
    "Ponga la clave primaria en el archivo de uplink.iotHub.sasKeyFile como la muestra el IoT Hub: solo el base64, no la cadena de conexión.",
  ],
  "control-unavailable": [
    "no se puede hablar con el equipo que funciona",
    "Deje que escriba en la carpeta de su base de datos, con una ruta de menos de 80 caracteres.",
  ],
  "control-denied": [
    "este usuario no puede hablar con el equipo que funciona",
    "Ejecute la orden como el usuario con el que funciona, por ejemplo con `sudo -u carepost`.",
  ],
  "control-lost": ["el equipo terminó mientras se le preguntaba", "Mire en su registro por qué, y pregunte otra vez."],
  "control-mismatch": ["el equipo que funciona es de otra versión", "Reinícielo."],

  "kiosk-page-missing": ["las páginas no están hechas", "Hágalas con `npm run build`, o quite kiosk.port."],
  "kiosk-staff-file-invalid": [
    "el archivo del personal no vale",
    "Hágalo otra vez con `carepost kiosk pin`: cada línea es un nombre y un resumen.",
  ],
  "consent-text-invalid": [
    "los textos de consentimiento no valen",
    "Corrija kiosk.consentFile, o quítelo para usar los de Carepost.",
  ],
  "range-table-invalid": [
    "las tablas de valores no valen",
    "Corrija kiosk.rangesFile, o quítelo para usar las publicadas.",
  ],
  "page-certificate-unusable": [
    "el certificado de las páginas y su clave no se pueden usar",
    "Haga que kiosk.certFile y kiosk.keyFile sean de una misma emisión, enteros y en PEM. Se miran otra vez cada diez segundos.",
  ],
};
