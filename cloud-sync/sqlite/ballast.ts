import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, ftruncateSync, openSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Space that is kept in reserve beside a database. On a full disk SQLite can delete nothing, because a deletion is first
 * written to the WAL: so the ballast is let go, the database cleans up inside that space, and it is made again when
 * there is room. It is filled with noise, because a file system that compresses would keep nothing for zeros.
 */
export class Ballast {
  readonly #path: string;
  readonly #bytes: number;
  readonly #noise = randomBytes(64 * 1024);

  constructor(databasePath: string, bytes: number) {
    this.#path = ballastPath(databasePath);
    this.#bytes = bytes;
  }

  get heldBytes(): number {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }

  get isWhole(): boolean {
    return this.heldBytes === this.#bytes;
  }

  /** Is there room for all of it, and for as much again? */
  get fits(): boolean {
    return freeBytes(this.#path) - (this.#bytes - this.heldBytes) >= this.#bytes;
  }

  release(): boolean {
    return releaseBallast(this.#path);
  }

  /**
   * Makes it a little longer, in a step that is short on any card, and flushes at the end so that the space is truly
   * taken. One that is left over from a crash, or from other limits, is completed or cut. True if more is to be done.
   */
  growStep(stepBytes: number): boolean {
    const held = this.heldBytes;
    if (held === this.#bytes) return false;
    const descriptor = openSync(this.#path, held === 0 ? "w" : "r+", 0o600);
    try {
      if (held > this.#bytes) ftruncateSync(descriptor, this.#bytes);
      const end = Math.min(this.#bytes, held + stepBytes);
      for (let at = held; at < end; at += this.#noise.length) {
        writeSync(descriptor, this.#noise, 0, Math.min(this.#noise.length, end - at), at);
      }
      if (end === this.#bytes) fsyncSync(descriptor);
      return end < this.#bytes;
    } finally {
      closeSync(descriptor);
    }
  }
}

export function ballastPath(databasePath: string): string {
  return `${databasePath}-ballast`;
}

/** True if there was one. */
export function releaseBallast(path: string): boolean {
  const held = statSync(path, { throwIfNoEntry: false }) !== undefined;
  rmSync(path, { force: true });
  return held;
}

/** What an unprivileged process may still write to the file system that holds `path`. */
export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path));
  return bavail * bsize;
}
