import { closeSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { guardPath, notedDamage, proves, readGuard, readHead, removeGuard, syncFolder } from "./guard.ts";
import { sqliteErrors } from "./sqlite-error.ts";

/** What the folder says of a database before SQLite has seen it. */
export type FileState =
  | { readonly state: "absent" }
  | {
      readonly state: "present";
      readonly isGuarded: boolean;
      readonly isKeyKnown: boolean;
      readonly wasClosed: boolean;
    }
  | { readonly state: "damaged"; readonly reason: string };

const plainMagic = Buffer.from("SQLite format 3\0").toString("hex");

/**
 * Looks at the files of a database that nobody has open. Throws `store-key-wrong` where the key is known to be wrong;
 * a file whose key nobody can judge counts as present, and is only tried.
 */
export function inspectFiles(path: string, key: Uint8Array | null): FileState {
  const guard = readGuard(path);
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) return { state: "absent" };
  if (guard !== null && !proves(guard, key)) throw wrongKey(keyMistake(guard.cipher, key));
  const noted = notedDamage(path);
  if (noted !== null) return { state: "damaged", reason: noted };
  if (size === 0) return guard === null ? { state: "absent" } : { state: "damaged", reason: "the file is empty" };
  const head = readHead(path);
  if (guard === null && head.startsWith(plainMagic) && key !== null) throw wrongKey(keyMistake("none", key));
  if (guard !== null && head !== guard.head) return { state: "damaged", reason: "the head of the file has changed" };
  const isGuarded = guard !== null;
  const isKeyKnown = isGuarded || (key === null && head.startsWith(plainMagic));
  return { state: "present", isGuarded, isKeyKnown, wasClosed: walBytes(path) === 0 };
}

export function wrongKey(message: string): Error {
  return sqliteErrors.make("store-key-wrong", message);
}

function keyMistake(cipher: "aegis" | "none", key: Uint8Array | null): string {
  if (cipher === "none") return "a key was given, but the database is not encrypted";
  return key === null ? "the database is encrypted, and no key was given" : "the database has another key";
}

/** SQLite removes the WAL when the last connection is closed: one that is left tells of a crash. */
export function walBytes(path: string): number {
  return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Puts a database out of the way under a name with the time, and never deletes it: with its WAL, which may hold its
 * latest commits, its guard and what was noted. The rest is derived. Returns the new path.
 */
export function setAside(path: string, at: number): string {
  const stamp = new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const target = freeName(`${path}.damaged-${stamp}`);
  for (const suffix of ["-wal", "-guard", "-damage", ""]) {
    if (statSync(path + suffix, { throwIfNoEntry: false }) !== undefined) renameSync(path + suffix, target + suffix);
  }
  rmSync(`${path}-shm`, { force: true });
  syncFolder(dirname(path));
  return target;
}

/** What an earlier database of this path left behind must not be taken for the new one's. */
export function clearWay(path: string, at: number): string | null {
  const stray = walBytes(path) > 0 ? setAside(path, at) : null;
  removeGuard(path);
  return stray;
}

/**
 * Makes the file of a new database, for its owner alone: SQLite would make one that everybody may read, and gives its WAL
 * the mode of the file. Whoever is to read it too may be let in later: the mode of a file that is there is left alone.
 */
export function makePrivateFile(path: string): void {
  closeSync(openSync(path, "a", 0o600));
}

function freeName(wanted: string): string {
  let name = wanted;
  for (let n = 2; [name, `${name}-wal`, guardPath(name)].some(exists); n++) name = `${wanted}.${n}`;
  return name;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
