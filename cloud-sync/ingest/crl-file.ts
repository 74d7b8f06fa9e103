import type { X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { normalSerial, readRevocationLists, type RevocationLists } from "../identity/revocation-list.ts";
import { ingestErrors } from "./ingest-error.ts";
import type { Revocations } from "./revocations.ts";

/** Revocation lists in a file of PEM blocks, which whoever revokes puts in the place of the one before. */
export interface CrlFile extends Revocations {
  /** What keeps the file from being in force as it is; null if nothing does. */
  fault(): CrlFault | null;
  close(): void;
}

export type CrlFault = "crl-absent" | "crl-unusable" | "crl-stale";

export interface CrlPlace {
  readonly path: string;
  /** The certificates, in PEM, of the authorities whose lists are believed. */
  readonly authorities: () => string | null;
}

/** A list that changes is in force well within a second. */
const lookMs = 500;

/**
 * Rejects with `crl-unusable` if there is nothing to begin with: a broker that was told to heed a list and does not have
 * one trusts nobody. Later the last good list stays in force, and what is wrong with its successor is told once.
 */
export async function openCrlFile(place: CrlPlace, { clock, log }: { clock: Clock; log: Log }): Promise<CrlFile> {
  const first = await read(place);
  if ("fault" in first) throw ingestErrors.make("crl-unusable", `the revocation list ${place.path} ${first.reason}`);
  const file = new FollowedCrl(place, { clock, log }, first);
  void file.follow();
  return file;
}

interface GoodLists {
  readonly version: string;
  readonly found: RevocationLists;
}

interface BadLists {
  readonly version: string;
  readonly fault: CrlFault;
  readonly reason: string;
}

class FollowedCrl implements CrlFile {
  readonly #place: CrlPlace;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  #known: RevocationLists;
  #distrusted: readonly X509Certificate[];
  #version: string;
  #fault: CrlFault | null = null;

  constructor(place: CrlPlace, { clock, log }: { clock: Clock; log: Log }, first: GoodLists) {
    this.#place = place;
    this.#clock = clock;
    this.#log = log;
    this.#known = first.found;
    this.#distrusted = revokedAuthorities(first.found);
    this.#version = first.version;
    this.#judge(null);
  }

  isRevoked(certificate: X509Certificate): boolean {
    return isListed(certificate, this.#known.lists) || isBelow(certificate, this.#distrusted);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  fault(): CrlFault | null {
    return this.#fault;
  }

  close(): void {
    this.#stop.abort();
    this.#listeners.clear();
  }

  async follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#clock.sleep(lookMs, signal).catch(() => undefined);
      if (!signal.aborted) await this.#look();
    }
  }

  async #look(): Promise<void> {
    const version = await versionOf(this.#place.path);
    const isSettled = this.#fault === null || this.#fault === "crl-stale" || version === absent;
    // What could not be used is looked at again: the authorities' file may have been what was wrong.
    if (version === this.#version && isSettled) return this.#judge(this.#fault === "crl-absent" ? this.#fault : null);
    const found = await read(this.#place);
    this.#version = found.version;
    if ("fault" in found) return this.#judge(found.fault);
    if (isListLost(this.#known, found.found)) return this.#judge("crl-unusable");
    this.#known = found.found;
    this.#distrusted = revokedAuthorities(found.found);
    const records = found.found.lists.reduce((sum, { serials }) => sum + serials.size, 0);
    this.#log.info("crl-in-force", { records });
    this.#judge(null);
    for (const listener of this.#listeners) listener();
  }

  /** A list whose successor is overdue is not in force as it is meant to be either. */
  #judge(fault: CrlFault | null): void {
    const isStale = this.#known.lists.some(({ nextUpdate }) => nextUpdate !== null && nextUpdate < this.#clock.now());
    const next = fault ?? (isStale ? "crl-stale" : null);
    if (next !== null && next !== this.#fault) this.#log.error("crl-kept", { reason: next });
    this.#fault = next;
  }
}

async function read({ path, authorities }: CrlPlace): Promise<GoodLists | BadLists> {
  const version = await versionOf(path);
  if (version === absent) return { version, fault: "crl-absent", reason: "is not there or cannot be read" };
  try {
    const found = await readRevocationLists(await readFile(path, "utf8"), authorities() ?? "");
    return found.ok ? { version, found: found.value } : { version, fault: "crl-unusable", reason: found.error.fault };
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    return { version, fault: "crl-unusable", reason: `cannot be read (${reason})` };
  }
}

const absent = "absent";

/** Changes with each replacement of the file. */
async function versionOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch {
    return absent;
  }
}

const isListed = (certificate: X509Certificate, lists: RevocationLists["lists"]): boolean => {
  const serial = normalSerial(certificate.serialNumber);
  return lists.some(({ authority, serials }) => serials.has(serial) && certificate.checkIssued(authority));
};

/** Is an authority without a list that had one and is still trusted? A file that is written in two steps is so for a moment. */
const isListLost = (before: RevocationLists, after: RevocationLists): boolean =>
  before.lists.some(
    ({ authority }) =>
      after.authorities.some(({ fingerprint256 }) => fingerprint256 === authority.fingerprint256) &&
      !after.lists.some((list) => list.authority.fingerprint256 === authority.fingerprint256),
  );

const isBelow = (certificate: X509Certificate, authorities: readonly X509Certificate[]): boolean =>
  authorities.some((authority) => certificate.checkIssued(authority));

/** Those that are listed, and then those below them, for as long as there are more. */
function revokedAuthorities({ lists, authorities }: RevocationLists): readonly X509Certificate[] {
  const revoked = new Set(authorities.filter((authority) => isListed(authority, lists)));
  for (let before = -1; before < revoked.size;) {
    before = revoked.size;
    for (const authority of authorities) if (isBelow(authority, [...revoked])) revoked.add(authority);
  }
  return [...revoked];
}
