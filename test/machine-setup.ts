import { ensurePackages } from "./bluez/debian-packages.ts";

/** Before the tests: a message bus to start, which the simulated BlueZ lives on. Debian's smallest form comes without. */
export function setup(): void {
  ensurePackages([{ name: "dbus", files: ["/usr/bin/dbus-daemon", "/bin/dbus-daemon"] }], (progress) =>
    process.stdout.write(`The machine ${progress} for the tests.\n`),
  );
}
