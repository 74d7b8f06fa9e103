import { ensurePackages } from "../bluez/debian-packages.ts";

/** What makes a Debian from nothing, and what boots it. */
export function setup(): void {
  const packages = [
    { name: "debootstrap", files: ["/usr/sbin/debootstrap"] },
    { name: "systemd-container", files: ["/usr/bin/systemd-nspawn"] },
    { name: "util-linux", files: ["/usr/bin/nsenter"] },
  ];
  ensurePackages(packages, (progress) => process.stdout.write(`The machine ${progress} for the tests.\n`));
}
