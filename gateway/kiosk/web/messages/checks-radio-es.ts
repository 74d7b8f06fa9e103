import type { radioFindings } from "../../../ops/findings/radio-findings.ts";
import type { CheckText } from "./checks-machine-es.ts";

export const checksRadioEs: Readonly<Record<keyof typeof radioFindings, CheckText>> = {
  "rfkill-none": ["este equipo no tiene interruptor de Bluetooth", null],
  "rfkill-off": ["el Bluetooth no está apagado", null],
  "rfkill-hard": [
    "el Bluetooth está apagado por un interruptor, una tecla o el firmware",
    "Use el interruptor o la tecla del equipo, o permita el Bluetooth en la configuración de su firmware: ninguna orden puede.",
  ],
  "rfkill-soft": [
    "el Bluetooth está apagado por un programa, como hace el modo avión",
    "Enciéndalo: `rfkill unblock bluetooth`.",
  ],

  "bluetoothd-answers": ["responde; versión {version}", null],
  "bluetoothd-of-unknown-version": ["responde; aquí no se puede saber su versión", null],
  "needs-bluetoothd": ["hace falta bluetoothd", null],
  "bluetoothd-mute": [
    "bluetoothd está ahí y no responde en 5 s",
    "Reinícielo: `systemctl restart bluetooth`; y lea `journalctl -u bluetooth`.",
  ],
  "bluetoothd-denied": [
    "bluetoothd no deja entrar a este usuario",
    "Añada al grupo el usuario con el que funciona Carepost: `usermod -aG bluetooth carepost`, y reinicie Carepost.",
  ],
  "no-message-bus": [
    "no hay bus de mensajes, por el que se habla con bluetoothd",
    "Instálelo e inícielo: `apt-get install dbus`, `systemctl start dbus`; en un contenedor, comparta con él /run/dbus.",
  ],
  "bluez-absent": ["BlueZ no está instalado", "Instálelo: `apt-get install bluez`."],
  "bluetoothd-without-adapter": [
    "bluetoothd no funciona, y no hay adaptador Bluetooth para el que arrancar",
    "Enchufe uno. Si hay uno, `dmesg | grep -i bluetooth` dice qué le falta: casi siempre su firmware.",
  ],
  "bluetoothd-down": [
    "bluetoothd no funciona",
    "Inícielo, ahora y en cada arranque: `systemctl enable --now bluetooth`.",
  ],

  "bluez-set-up": ["solo Low Energy, y ningún emparejamiento que nadie pidió", null],
  "bluez-unreadable": ["este usuario no puede leer {file}", "Permita leerlo: `chmod a+r {file}`."],
  "bluez-setting": ["{key} es {found}", "{file}, [{section}]: {key} = {value}. {why}"],
  "bluez-setting-unset": ["{key} es {found}, porque no está puesto", "{file}, [{section}]: {key} = {value}. {why}"],
  "bluez-setting-needless": ["{key} es {found}", "{file}, [{section}]: quite {key}. {why}"],
  "bluez-plugins": [
    "hay módulos cargados que ningún medidor necesita: {plugins}",
    "Escriba {file} como lo muestra gateway/README.md: algunos de esos módulos hacen de un extraño un teclado.",
  ],
  "bluez-restart": ["", "Después, `systemctl daemon-reload && systemctl restart bluetooth`."],

  "adapter-on": ["{adapter} está encendido", null],
  "adapter-on-of-several": ["{adapter} está encendido, de {adapters}", null],
  "adapter-without-fallback": [
    "{adapter} está encendido, pero falta el de reserva: {missing}",
    "Enchúfelo o quítelo de radio.adapters.",
  ],
  "adapter-not-found": [
    "falta {missing}; solo hay {adapters}",
    "Enchúfelo o nombre otro en radio.adapters; por su dirección se encuentra en cualquier toma.",
  ],
  "adapter-off": [
    "{adapter} está apagado",
    "Enciéndalo: `bluetoothctl power on`; y en cada arranque: AutoEnable = true en [Policy] de /etc/bluetooth/main.conf.",
  ],
  "adapter-classic": ["{adapter} no habla Bluetooth Low Energy", "Use un adaptador de Bluetooth 4.0 o posterior."],
  "adapter-held": [
    "el núcleo tiene {adapters} y bluetoothd ninguno: otro programa lo ocupa, o no arranca",
    "Cierre lo que lo use (la comprobación de otros programas lo nombra), desenchúfelo y vuelva a enchufarlo; `dmesg | grep -i bluetooth` dice por qué no arranca.",
  ],
  "adapter-absent": [
    "no hay adaptador Bluetooth",
    "Enchufe uno. Si hay uno, `dmesg | grep -i bluetooth` dice qué le falta: casi siempre su firmware.",
  ],

  "rivals-none": ["nada más usa la radio", null],
  "rivals-gateway-alone": ["solo Carepost usa la radio", null],
  "rivals-searching": [
    "alguien hace buscar a bluetoothd, y aquí no funciona Carepost",
    "Averigüe quién: `busctl tree` y `busctl list` nombran a los que hablan con org.bluez; casi siempre es la página de ajustes de un escritorio.",
  ],
  "rival-pairs": ["{program} busca y empareja mientras está abierto", null],
  "rival-bypasses": ["{program} habla con el controlador a espaldas de bluetoothd", null],
  "rival-desktop-connects": ["{program} es el Bluetooth de un escritorio: empareja y se conecta a lo que conoce", null],
  "rival-desktop-searches": ["{program} es el Bluetooth de un escritorio: busca mientras está abierto", null],
  "rival-home-assistant": ["{program} es Home Assistant: busca y se conecta por su cuenta", null],
  "rival-program": ["{program} es un programa con Bluetooth propio", null],
  "rival-bluetoothd": ["hay {count} bluetoothd: uno sobra", null],
  "rival-gateways": ["Carepost funciona {count} veces: se quitan los dispositivos unos a otros", null],
  "rivals-end": [
    "",
    "Ciérrelos o quítelos de este equipo: un dispositivo tiene una sola conexión a la vez, y el tiempo de radio se reparte.",
  ],

  "bonds-none": ["aquí no hay ningún dispositivo emparejado todavía", null],
  "bonds-whole": [
    "{devices|el único dispositivo emparejado tiene su clave|los # dispositivos emparejados tienen sus claves}",
    null,
  ],
  "bonds-gone": [
    "bluetoothd ya no tiene la clave de {names}",
    "Emparéjelos otra vez, cada uno con el dispositivo a mano: `carepost devices pair`.",
  ],
  "bonds-gone-nameless": [
    "bluetoothd ya no tiene la clave de {devices|un dispositivo|# dispositivos} sin nombre",
    "Emparéjelos otra vez, cada uno con el dispositivo a mano: `carepost devices pair`.",
  ],
  "bonds-lost": [
    "se perdió el emparejamiento con {names}",
    "Emparéjelos otra vez, cada uno con el dispositivo a mano: `carepost devices pair`.",
  ],
  "bonds-lost-nameless": [
    "se perdió el emparejamiento con {devices|un dispositivo|# dispositivos} sin nombre",
    "Emparéjelos otra vez, cada uno con el dispositivo a mano: `carepost devices pair`.",
  ],

  "needs-adapter": ["hace falta un adaptador encendido", null],
  "radio-hears": ["{adapter} oye {devices|un dispositivo|# dispositivos}", null],
  "radio-cannot-search": [
    "{adapter} no puede buscar ({code})",
    "Apáguelo y enciéndalo: `bluetoothctl power off`, `bluetoothctl power on`; si no ayuda, desenchúfelo.",
  ],
  "radio-deaf": [
    "{adapter} no oye nada",
    "Encienda un dispositivo y acérquelo. Si nunca se oye nada, ponga el adaptador en un cable alargador: las tomas USB 3 lo tapan.",
  ],
  "virtual-absent": [
    "ninguna radio simulada responde en {socket}",
    "Inicie `carepost simulate --socket {socket}` o nombre su archivo en radio.socket.",
  ],
  "virtual-hears": ["responde, y oye {devices|un dispositivo|# dispositivos}", null],
  "virtual-silent": [
    "responde, y no oye ningún dispositivo",
    "Encienda un dispositivo y acérquelo; casi todos callan hasta que alguien se mide.",
  ],

  "noble-absent": [
    "no se puede cargar {packages}",
    "Instálelo junto a Carepost: `npm install @stoprocent/noble`; en Linux, ponga radio.kind a bluez, que no lo necesita.",
  ],
  "noble-loads": ["{package} se puede cargar; este sistema empareja él mismo y pregunta en sus propias ventanas", null],
  "noble-on-linux": [
    "{package} se puede cargar, pero en Linux no se vincula con ningún dispositivo que pida un código",
    "Ponga radio.kind a bluez, salvo que este equipo no tenga bluetoothd.",
  ],
  "permission-by-socket": ["no hace falta ninguno: se llega al controlador por un archivo de conexión", null],
  "permission-by-system": ["el sistema los pide cuando Carepost escucha por primera vez", null],
  "permission-granted": ["puede abrir el controlador por sí mismo", null],
  "permission-lacking": [
    "este proceso no puede abrir el controlador: le falta {capabilities}",
    "En su unidad de systemd: AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN, y AF_BLUETOOTH en RestrictAddressFamilies si está puesto; a mano: `setcap cap_net_raw,cap_net_admin+eip {program}`.",
  ],
  "kernel-without-adapter": [
    "el núcleo no tiene adaptador Bluetooth, o no tiene Bluetooth",
    "Enchufe uno y cargue su controlador: `modprobe btusb`; `dmesg | grep -i bluetooth` dice qué le falta.",
  ],
};
