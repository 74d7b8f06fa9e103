import { readSecretLines, secretLine, type SecretEntry } from "../../http/secret-line.ts";
import { operatorErrors } from "./operator-error.ts";

/** Who may log in at the operator's page: a text file of names and hashes, one a line (`secret-line.ts`). */

const passwordCharsMin = 12;
export const passwordCharsMax = 256;

/** @throws `operator-password-file-invalid` with the number of the line */
export function readPasswordFile(text: string): readonly SecretEntry[] {
  const entries = readSecretLines(text);
  if (typeof entries !== "number") return entries;
  const fault = entries === 0 ? "the password file names nobody" : `line ${entries} of the password file is no entry`;
  throw operatorErrors.make("operator-password-file-invalid", fault);
}

/** One line of the file. Rejects with `operator-password-weak`. */
export async function passwordLine(name: string, password: string): Promise<string> {
  if (password.length < passwordCharsMin || password.length > passwordCharsMax) {
    throw operatorErrors.make("operator-password-weak", `the password has ${password.length} characters`);
  }
  return await secretLine(name, password);
}
