import { ensurePackages } from "./bluez/debian-packages.ts";
import { postgresPaths } from "./doubles/postgres-cluster.ts";

/**
 * Before the tests: a message bus to start, which the simulated BlueZ lives on and Debian's smallest form comes without,
 * a PostgreSQL of which each test makes clusters of its own, what makes their certificates, and a
 * browser to look at pages with.
 */
export function setup(): void {
  const packages = [
    { name: "dbus", files: ["/usr/bin/dbus-daemon", "/bin/dbus-daemon"] },
    { name: "postgresql", files: postgresPaths },
    { name: "chromium", files: ["/usr/bin/chromium"] },
    { name: "openssl", files: ["/usr/bin/openssl"] },
  ];
  ensurePackages(packages, (progress) => process.stdout.write(`The machine ${progress} for the tests.\n`));
}
