/** The interfaces of bluetoothd that are used here (BlueZ, doc/*-api.txt). */
export const bluezInterfaces = {
  adapter: "org.bluez.Adapter1",
  battery: "org.bluez.Battery1",
  characteristic: "org.bluez.GattCharacteristic1",
  device: "org.bluez.Device1",
  properties: "org.freedesktop.DBus.Properties",
  service: "org.bluez.GattService1",
} as const;
