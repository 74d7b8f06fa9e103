import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { operatorErrors } from "./operator-error.ts";

/**
 * Who may log in: a text file, one `name:scrypt:N:r:p:salt:hash` a line, salt and hash in base64url. Lines that begin
 * with `#` are remarks. The hash is scrypt (RFC 7914) with N = 2^15, r = 8, p = 1: 32 MiB and some 100 ms an attempt.
 */
export interface PasswordEntry {
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
const passwordCharsMin = 12;
export const passwordCharsMax = 256;
export const operatorName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** @throws `operator-password-file-invalid` with the number of the line */
export function readPasswordFile(text: string): readonly PasswordEntry[] {
  const entries = text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const entry = entryOf(line.trim());
    if (entry !== null) return [entry];
    throw operatorErrors.make("operator-password-file-invalid", `line ${index + 1} of the password file is no entry`);
  });
  if (entries.length > 0) return entries;
  throw operatorErrors.make("operator-password-file-invalid", "the password file names nobody");
}

/** One line of the file. Rejects with `operator-password-weak`. */
export async function passwordLine(name: string, password: string): Promise<string> {
  if (password.length < passwordCharsMin || password.length > passwordCharsMax) {
    throw operatorErrors.make("operator-password-weak", `the password has ${password.length} characters`);
  }
  const salt = randomBytes(16);
  const hash = await hashOf(password, salt, cost);
  return `${name}:scrypt:${cost}:8:1:${salt.toString("base64url")}:${hash.toString("base64url")}`;
}

/** Takes as long for a name that nobody has. */
export async function matches(entry: PasswordEntry | undefined, password: string): Promise<boolean> {
  const { salt, hash, cost: entryCost } = entry ?? nobody;
  const given = await hashOf(password, salt, entryCost);
  return timingSafeEqual(given, hash) && entry !== undefined;
}

const nobody = { cost, salt: new Uint8Array(16), hash: new Uint8Array(hashBytes) };

const hashOf = (password: string, salt: Uint8Array, n: number): Promise<Buffer> =>
  derive(password.normalize("NFKC"), salt, hashBytes, { N: n, r: 8, p: 1, maxmem: 128 * n * 8 * 2 });

function entryOf(line: string): PasswordEntry | null {
  const parts = /^([^:]+):scrypt:(\d{5,7}):8:1:([\w-]{22,64}):([\w-]{43})$/.exec(line);
  const [, name = "", costText = "", salt = "", hash = ""] = parts ?? [];
  const entryCost = Number(costText);
  const isPower = Number.isInteger(Math.log2(entryCost)) && entryCost >= 2 ** 14 && entryCost <= 2 ** 20;
  if (!operatorName.test(name) || !isPower) return null;
  return { name, cost: entryCost, salt: Buffer.from(salt, "base64url"), hash: Buffer.from(hash, "base64url") };
}
