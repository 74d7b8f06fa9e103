import { createReadStream } from "node:fs";
import { gatewayId, personReference } from "../../cloud-sync/contract/reading.ts";
import type { Home } from "../../cloud-sync/ingest/roster-book.ts";
import { cliErrors } from "./cli-error.ts";
import { inputLines } from "./input-lines.ts";

const lineCharsMax = 256;
/** Some 200 bytes each. */
const homesMax = 2_000_000;

/**
 * Reads a file of homes: `person,gateway` a line, as a spreadsheet or another program writes it; a first line of titles,
 * empty lines and those that begin with `#` are passed over. Throws `homes-file-wrong`, which names the first line that is.
 */
export async function readHomes(path: string): Promise<readonly Home[]> {
  const homes: Home[] = [];
  let number = 0;
  const input = createReadStream(path);
  try {
    for await (const lines of inputLines(input, lineCharsMax)) {
      for (const line of lines) {
        number += 1;
        const home = homeIn(line, number);
        if (home !== null) homes.push(home);
        if (homes.length > homesMax) throw wrong(`more than ${homesMax} homes`);
      }
    }
  } catch (error) {
    if (cliErrors.is(error)) throw error;
    throw cliErrors.make("homes-file-wrong", `the file could not be read: ${path}`, { cause: error });
  }
  return homes;
}

function homeIn(line: string | null, number: number): Home | null {
  if (line === null) throw wrong(`line ${number} is too long`);
  const text = line.replace(/^\uFEFF/, "").trim();
  if (text === "" || text.startsWith("#")) return null;
  const [person = "", gateway = "", ...rest] = text
    .split(/[,;\t]/)
    .map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  if (number === 1 && /^person$/i.test(person)) return null;
  const isWhole = rest.every((cell) => cell === "");
  if (isWhole && personReference.safeParse(person).success && gatewayId.safeParse(gateway).success) {
    return { person, gateway };
  }
  // The line itself is not repeated: it may hold what must not be shown.
  throw wrong(`line ${number} is not a person's reference, a comma and a gateway's id`);
}

const wrong = (message: string): Error => cliErrors.make("homes-file-wrong", message);
