import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { configErrors } from "./config-error.ts";
import type { Environment } from "./config-environment.ts";

/** The names of the systemd credentials (`LoadCredential=`) that hold the keys of the two databases. */
export type KeyCredential = "carepost-store-key" | "carepost-sink-key";

/** Those that hold other secrets, each a text. */
export type SecretCredential =
  | "carepost-postgres-password"
  | "carepost-postgres-key"
  | "carepost-iot-hub-key"
  | "carepost-operator-key"
  | "carepost-operator-passwords"
  | "carepost-metrics-token"
  | "carepost-kiosk-key"
  | "carepost-kiosk-pins";

/**
 * The key of a database: 32 octets, from the file that the configuration names or else from the systemd credential.
 * Null if there is neither: then the database is not encrypted. A key never comes from an argument or a variable.
 * Rejects with `key-unreadable`, `key-exposed` or `key-malformed`.
 */
export function readDatabaseKey(
  keyFile: string | null,
  credential: KeyCredential,
  environment: Environment,
): Uint8Array | null {
  if (keyFile !== null) return keyIn(keyFile, { ownerOnly: true });
  const folder = environment["CREDENTIALS_DIRECTORY"];
  if (folder === undefined) return null;
  const path = join(folder, credential);
  return existsSync(path) ? keyIn(path, { ownerOnly: false }) : null;
}

/**
 * A secret text, without the end of its last line, from the file that the configuration names or else from the systemd
 * credential. Null if there is neither. Rejects with `key-unreadable` or `key-exposed`.
 */
export function readSecret(file: string | null, credential: SecretCredential, environment: Environment): string | null {
  if (file !== null) return withoutLineEnd(readKeyFile(file, true));
  const folder = environment["CREDENTIALS_DIRECTORY"];
  if (folder === undefined) return null;
  const path = join(folder, credential);
  return existsSync(path) ? withoutLineEnd(readKeyFile(path, false)) : null;
}

/** A secret text that only a file may hold. Rejects with `key-unreadable` or `key-exposed`. */
export const readOwnersFile = (path: string): string => readKeyFile(path, true);

/** A password may end in a blank; an editor's last line feed is no part of it. */
const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/, "");

/** A credential's folder is closed to others by systemd, whatever the mode of the file in it says. */
function keyIn(path: string, { ownerOnly }: { readonly ownerOnly: boolean }): Uint8Array {
  const text = readKeyFile(path, ownerOnly).trim();
  if (!/^[0-9A-Fa-f]{64}$/.test(text)) {
    throw configErrors.make("key-malformed", `the key file ${path} does not hold 64 hex digits`);
  }
  return Uint8Array.from(Buffer.from(text, "hex"));
}

function readKeyFile(path: string, ownerOnly: boolean): string {
  try {
    const mode = statSync(path).mode & 0o777;
    if (ownerOnly && process.platform !== "win32" && (mode & 0o077) !== 0) {
      const octal = mode.toString(8).padStart(4, "0");
      throw configErrors.make("key-exposed", `the key file ${path} is open to others (mode ${octal})`);
    }
    return readFileSync(path, "utf8");
  } catch (error) {
    if (configErrors.is(error)) throw error;
    throw configErrors.make("key-unreadable", `the key file ${path} cannot be read`, { cause: error });
  }
}
