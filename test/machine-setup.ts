import { ensurePackages } from "./bluez/debian-packages.ts";
import { buildPages } from "./doubles/built-pages.ts";
import { fillCompileCache } from "./doubles/compile-cache.ts";
import { natsServerPaths } from "./doubles/nats-cluster.ts";
import { postgresPaths } from "./doubles/postgres-cluster.ts";

/**
 * Before the tests: a message bus to start, which the simulated BlueZ lives on and Debian's smallest form comes without,
 * a PostgreSQL and a NATS of which each test makes clusters of its own, what makes their certificates, a broker and a
 * balancer that owe nothing to this project, a browser to look at pages with, what judges the units of systemd and plays
 * its part (Node cannot make the socket that it listens on); the pages themselves; and a cache of compiled modules.
 */
export async function setup(): Promise<void> {
  const packages = [
    { name: "dbus", files: ["/usr/bin/dbus-daemon", "/bin/dbus-daemon"] },
    { name: "systemd", files: ["/usr/bin/systemd-analyze"] },
    { name: "strace", files: ["/usr/bin/strace"] },
    { name: "python3", files: ["/usr/bin/python3", "/usr/local/bin/python3"] },
    { name: "postgresql", files: postgresPaths },
    { name: "nats-server", files: natsServerPaths },
    { name: "chromium", files: ["/usr/bin/chromium"] },
    { name: "openssl", files: ["/usr/bin/openssl"] },
    { name: "mosquitto", files: ["/usr/sbin/mosquitto", "/usr/bin/mosquitto"] },
    { name: "haproxy", files: ["/usr/sbin/haproxy", "/usr/bin/haproxy"] },
  ];
  ensurePackages(packages, (progress) => process.stdout.write(`The machine ${progress} for the tests.\n`));
  await buildPages();
  fillCompileCache();
}
