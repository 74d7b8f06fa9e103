import { createHash, randomBytes } from "node:crypto";

/** Crockford's alphabet: nothing in it is taken for something else when it is read out. */
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** A one-time enrolment token: 128 bits of chance as 26 letters and digits, in groups for people. */
export function newToken(): string {
  let rest = BigInt(`0x${randomBytes(16).toString("hex")}`);
  let text = "";
  for (let position = 0; position < 26; position += 1) {
    text = (alphabet[Number(rest % 32n)] ?? "") + text;
    rest /= 32n;
  }
  return text.replace(/^(.{6})(.{5})(.{5})(.{5})(.{5})$/, "$1-$2-$3-$4-$5");
}

/**
 * What is kept of a token, and how it is looked up: how long that takes may tell of the digest, which is of no use to
 * anybody, and tells nothing of the token. Its 128 bits need no slow function.
 */
export const tokenDigest = (token: string): Uint8Array =>
  createHash("sha256").update(token.toLowerCase().replaceAll(/[\s-]/g, "")).digest();
