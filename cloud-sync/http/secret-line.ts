import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/**
 * Who may log in, as a line of a text file: `name:scrypt:N:r:p:salt:hash`, salt and hash in base64url. Lines that begin
 * with `#` are remarks. The hash is scrypt (RFC 7914) with N = 2^15, r = 8, p = 1: 32 MiB and some 100 ms an attempt.
 */
export interface SecretEntry {
  readonly name: string;
  readonly cost: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

const derive = promisify<string, Uint8Array, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scrypt,
);

const cost = 2 ** 15;
const hashBytes = 32;
export const loginName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** The entries of such a file, or the number of its first line that is none; 0 where it names nobody. */
export function readSecretLines(text: string): readonly SecretEntry[] | number {
  const entries: SecretEntry[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const entry = entryOf(line.trim());
    if (entry === null) return index + 1;
    entries.push(entry);
  }
  return entries.length > 0 ? entries : 0;
}

export async function secretLine(name: string, secret: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await hashOf(secret, salt, cost);
  return `${name}:scrypt:${cost}:8:1:${salt.toString("base64url")}:${hash.toString("base64url")}`;
}

/** The text of the file with this line in the place of whatever its name had before. */
export function withSecretLine(text: string, line: string): string {
  const name = line.slice(0, line.indexOf(":") + 1);
  const others = text.split(/\r?\n/).filter((other) => other !== "" && !other.startsWith(name));
  return [...others, line, ""].join("\n");
}

/** Takes as long for a name that nobody has. */
export async function matches(entry: SecretEntry | undefined, secret: string): Promise<boolean> {
  const { salt, hash, cost: entryCost } = entry ?? nobody;
  const given = await hashOf(secret, salt, entryCost);
  return timingSafeEqual(given, hash) && entry !== undefined;
}

const nobody = { cost, salt: new Uint8Array(16), hash: new Uint8Array(hashBytes) };

const hashOf = (secret: string, salt: Uint8Array, n: number): Promise<Buffer> =>
  derive(secret.normalize("NFKC"), salt, hashBytes, { N: n, r: 8, p: 1, maxmem: 128 * n * 8 * 2 });

function entryOf(line: string): SecretEntry | null {
  const parts = /^([^:]+):scrypt:(\d{5,7}):8:1:([\w-]{22,64}):([\w-]{43})$/.exec(line);
  const [, name = "", costText = "", salt = "", hash = ""] = parts ?? [];
  const entryCost = Number(costText);
  const isPower = Number.isInteger(Math.log2(entryCost)) && entryCost >= 2 ** 14 && entryCost <= 2 ** 20;
  if (!loginName.test(name) || !isPower) return null;
  return { name, cost: entryCost, salt: Buffer.from(salt, "base64url"), hash: Buffer.from(hash, "base64url") };
}
