import { randomBytes, timingSafeEqual } from "node:crypto";

/** A new secret of 24 octets, as a text that fits a header or a cookie. */
export const newToken = (): string => randomBytes(24).toString("base64url");

/** In a time that does not tell how much of it was right. */
export function isSameSecret(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
