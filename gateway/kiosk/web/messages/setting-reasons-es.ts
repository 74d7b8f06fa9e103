/** Why each of bluetoothd's settings should be as it is advised, by its key: `radio/bluez/hardening.ts` says it in English. */
export const settingReasonsEs: Readonly<Record<string, string>> = {
  ControllerMode:
    "Los medidores y tensiómetros hablan Low Energy. El Bluetooth clásico solo es una puerta más: teclados, claves débiles, PIN.",
  AlwaysPairable:
    "Sin emparejamientos mientras Carepost, que rechaza lo que nadie pidió, no está para que le pregunten.",
  JustWorksRepairing:
    "Un extraño que se hace pasar por un dispositivo emparejado no debe recibir una clave nueva con solo pedirla.",
  ReverseServiceDiscovery: "Si es false, bluetoothd no es cliente GATT y no se puede leer nada.",
  DebugKeys: "Un emparejamiento hecho con la clave de depuración, que todos conocen, no guarda ningún secreto.",
  Privacy: "Este equipo no se mueve y nunca se anuncia; muchos medidores conocen a su equipo por su dirección fija.",
  Experimental: "Son interfaces que no hacen falta y no están terminadas.",
  KernelExperimental: "Son funciones del núcleo que no hacen falta y no están terminadas.",
  Channels:
    "Con un solo canal no hay EATT, que ningún medidor necesita: los valores llegan en orden, y hay menos que atacar.",
  Cache:
    "Se recuerda la tabla de un dispositivo emparejado, para empezar antes; la de un extraño se mira cada vez de nuevo.",
};
