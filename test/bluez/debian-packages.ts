import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { BluezRunError } from "./bluez-run-error.ts";

/** A Debian package, and a file by which it is known to be there, however it was installed. */
export interface DebianPackage {
  readonly name: string;
  /** Any of them will do: distributions move files about. */
  readonly files: readonly string[];
}

/** What the guest runs. */
export const guestPackages: readonly DebianPackage[] = [
  { name: "bluez", files: ["/usr/libexec/bluetooth/bluetoothd", "/usr/lib/bluetooth/bluetoothd"] },
  { name: "dbus", files: ["/usr/bin/dbus-daemon"] },
  { name: "iproute2", files: ["/usr/sbin/ip", "/usr/bin/ip", "/sbin/ip"] },
  { name: "openssl", files: ["/usr/bin/openssl"] },
  { name: "rfkill", files: ["/usr/sbin/rfkill", "/usr/bin/rfkill", "/sbin/rfkill"] },
];

/** What building its kernel needs besides; nothing of it is needed where a kernel is at hand. */
export const kernelPackages: readonly DebianPackage[] = [
  { name: "gcc", files: ["/usr/bin/gcc"] },
  { name: "libc6-dev", files: ["/usr/include/stdio.h"] },
  { name: "make", files: ["/usr/bin/make"] },
  { name: "flex", files: ["/usr/bin/flex"] },
  { name: "bison", files: ["/usr/bin/bison"] },
  { name: "bc", files: ["/usr/bin/bc"] },
  { name: "xz-utils", files: ["/usr/bin/xz"] },
];

export function missingPackages(packages: readonly DebianPackage[]): readonly string[] {
  return packages.filter(({ files }) => !files.some((file) => existsSync(file))).map(({ name }) => name);
}

/** Installs what is missing where that is allowed (root, on Debian and its kin); else says what to install. */
export function ensurePackages(packages: readonly DebianPackage[], tell: (progress: string) => void): void {
  const missing = missingPackages(packages);
  if (missing.length === 0) return;
  const command = `apt-get install --no-install-recommends ${missing.join(" ")}`;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new BluezRunError(`these Debian packages are missing; as root: ${command}`);
  }
  tell(`installs ${missing.join(", ")}`);
  const install = (): boolean => apt(["install", "-y", "--no-install-recommends", ...missing]);
  if (!install()) {
    apt(["update"]);
    install();
  }
  if (missingPackages(packages).length > 0) throw new BluezRunError(`could not install packages: ${command}`);
}

/** Runs apt-get without a word but of failures. Returns whether it succeeded. */
export function apt(parameters: readonly string[], folder: string = process.cwd()): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status } = spawnSync("apt-get", ["-qq", ...parameters], {
    env,
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  return status === 0;
}
