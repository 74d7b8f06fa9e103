import { readSecretLines, secretLine, type SecretEntry } from "../../../cloud-sync/http/secret-line.ts";
import { kioskHttpErrors } from "./kiosk-http-error.ts";

/** Who may sign in at the kiosk: a text file of names and hashes of PINs, one a line (`secret-line.ts`). */

/** @throws `kiosk-staff-file-invalid` with the number of the line */
export function readPinFile(text: string): readonly SecretEntry[] {
  const entries = readSecretLines(text);
  if (typeof entries !== "number") return entries;
  const fault = entries === 0 ? "the staff file names nobody" : `line ${entries} of the staff file is no entry`;
  throw kioskHttpErrors.make("kiosk-staff-file-invalid", fault);
}

/** One line of the file. Rejects with `kiosk-pin-weak`. */
export async function pinLine(name: string, pin: string): Promise<string> {
  const fault = pinFault(pin);
  if (fault !== null) throw kioskHttpErrors.make("kiosk-pin-weak", `the PIN ${fault}`);
  return await secretLine(name, pin);
}

/** Why nobody should have this PIN; null if there is no reason. It is what is tried first (DataGenetics, 2012). */
export function pinFault(pin: string): string | null {
  if (!/^\d{4,12}$/.test(pin)) return "is not 4 to 12 digits";
  if (/^(\d{1,3})\1+$/.test(pin) || /^(?:(\d)\1)+$/.test(pin)) return "is a repetition";
  const steps = new Set(
    pin
      .slice(1)
      .split("")
      .map((digit, index) => (Number(digit) - Number(pin[index]) + 10) % 10),
  );
  if (steps.size === 1) return "is a row of digits";
  if (/^(?:19|20)\d\d$/.test(pin)) return "may be a year";
  return known.has(pin) || isMirrored(pin) ? "is one that many people choose" : null;
}

/** Columns and corners of a keypad, and what else leads the lists. */
const known: ReadonlySet<string> = new Set(["2580", "0852", "1379", "1004", "0007", "159753", "147258", "147258369"]);

/** 123321: a row there and back. */
const isMirrored = (pin: string): boolean => pin.length >= 6 && pin === pin.split("").toReversed().join("");
