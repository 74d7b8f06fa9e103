import { createHmac, timingSafeEqual } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * What a database's guard file knows about it: whether it is encrypted, a proof of the key, and the first bytes of the
 * file, which no MAC covers. With it a wrong key is told from a damaged file, and a good file is never set aside
 * because somebody mistyped a path.
 */
export interface Guard {
  readonly cipher: "aegis" | "none";
  /** HMAC of a fixed text under the key; empty without a key. It gives nothing away of 32 random bytes. */
  readonly keyProof: string;
  /** The file's first 24 bytes in hex: the cipher's salt, and the constants of the page layout. */
  readonly head: string;
}

const headBytes = 24;

export function guardPath(path: string): string {
  return `${path}-guard`;
}

export function makeGuard(path: string, key: Uint8Array | null): Guard {
  return { cipher: key === null ? "none" : "aegis", keyProof: proofOf(key), head: readHead(path) };
}

export function proves(guard: Guard, key: Uint8Array | null): boolean {
  const [expected, given] = [Buffer.from(guard.keyProof), Buffer.from(proofOf(key))];
  return expected.length === given.length && timingSafeEqual(expected, given);
}

function proofOf(key: Uint8Array | null): string {
  return key === null ? "" : createHmac("sha256", key).update("carepost database key").digest("hex");
}

/**
 * Reads the file's first bytes. Never while this process has the database open: closing any descriptor of a file
 * drops the locks that SQLite holds on it (POSIX advisory locks).
 */
export function readHead(path: string): string {
  const descriptor = openSync(path, "r");
  try {
    const head = Buffer.alloc(headBytes);
    return head.toString("hex", 0, readSync(descriptor, head, 0, headBytes, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** Null where there is none, or where it is damaged itself: then the key cannot be proved, only tried. */
export function readGuard(path: string): Guard | null {
  const text = readTextIfAny(guardPath(path));
  const [format, cipher, keyProof, head] = (text ?? "").trimEnd().split(" ");
  if (format !== "carepost-guard-1" || keyProof === undefined || head?.length !== headBytes * 2) return null;
  if (cipher !== "aegis" && cipher !== "none") return null;
  return { cipher, keyProof: keyProof === "-" ? "" : keyProof, head };
}

export function writeGuard(path: string, guard: Guard): void {
  const keyProof = guard.keyProof === "" ? "-" : guard.keyProof;
  writeDurably(guardPath(path), `carepost-guard-1 ${guard.cipher} ${keyProof} ${guard.head}\n`);
}

export function removeGuard(path: string): void {
  rmSync(guardPath(path), { force: true });
}

/** Where damage that was met while the database was open is noted, so that the next start need not look for it. */
export function damageNotePath(path: string): string {
  return `${path}-damage`;
}

export function noteDamage(path: string, reason: string): void {
  writeDurably(damageNotePath(path), reason);
}

/** Null where none is noted. */
export function notedDamage(path: string): string | null {
  return readTextIfAny(damageNotePath(path));
}

/** Makes renames and removals in a folder durable; Windows does so by itself and cannot open a folder. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Written aside and renamed, so that a power cut leaves the old one or the new one. */
function writeDurably(target: string, text: string): void {
  const draft = `${target}-new`;
  const descriptor = openSync(draft, "w", 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, target);
  syncFolder(dirname(target));
}

function readTextIfAny(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
