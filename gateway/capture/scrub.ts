import { fromHex, toHex } from "../../device-drivers/kit/hex.ts";
import type { Scrubbing, SessionStep } from "../../device-drivers/ports/session-fixture.ts";
import type { CapturedSession } from "./capture-session.ts";
import { captureErrors } from "./capture-error.ts";
import { secretsOf } from "./identity.ts";
import type { Secret } from "./identity.ts";
import { ownerFieldOf } from "./owner-fields.ts";

/** A session without the identity of its device, and what was taken out. */
export interface ScrubbedSession {
  readonly name: string | null;
  readonly manufacturerData: Readonly<Record<string, string>>;
  readonly steps: readonly SessionStep[];
  readonly scrubbed: readonly Scrubbing[];
}

/**
 * Takes out who the device is and what its user told it: address, serial number, System ID, the name where it holds one of
 * them, user data. Characteristics that hold nothing else get a stand-in of the same length; everywhere else each known
 * spelling of them is blanked, octet for octet, so that lengths and all other fields stay as they were.
 *
 * @throws CarepostError `capture-identity-left` if any of it is still there: then nothing may be written
 */
export function scrubSession(session: CapturedSession): ScrubbedSession {
  const secrets = secretsOf(session);
  const tally = new Tally();
  tally.add("address", "advertisement");
  const steps = session.steps.map((step) => scrubStep(step, secrets, tally));
  const { advertisement } = session;
  const models = steps.flatMap(({ char, hex }) => (char === "2A24" || char === "2A29" ? [textOf(hex)] : []));
  const name = advertisement.name === null ? null : scrubName(advertisement.name, { secrets, models, tally });
  const manufacturerData = Object.fromEntries(
    Object.entries(advertisement.manufacturerData ?? {}).map(([company, value]) => [
      company,
      toHex(blank(value, secrets, (what) => tally.add(what, "advertisement"))),
    ]),
  );
  const searched = steps.flatMap(({ char, hex }) => (ownerFieldOf(char ?? "") === null ? [hex ?? ""] : []));
  requireClean([...searched, ...Object.values(manufacturerData), nameHex(name)], secrets);
  return { name, manufacturerData, steps, scrubbed: tally.list() };
}

function scrubStep(step: SessionStep, secrets: readonly Secret[], tally: Tally): SessionStep {
  const value = step.hex === undefined ? null : fromHex(step.hex);
  if (value === null || step.char === undefined) return step;
  const { char } = step;
  const field = ownerFieldOf(char);
  if (field !== null) {
    const standIn = field.standIn(value);
    if (toHex(standIn) !== step.hex) tally.add(field.what, char);
    return { ...step, hex: toHex(standIn) };
  }
  return { ...step, hex: toHex(blank(value, secrets, (what) => tally.add(what, char))) };
}

/** The octets with every spelling of every secret blanked. */
function blank(value: Uint8Array, secrets: readonly Secret[], found: (what: Scrubbing["what"]) => void): Uint8Array {
  const octets = value.slice();
  for (const { what, spellings } of secrets) {
    for (const { octets: spelled, isText } of spellings) {
      for (let at = indexOf(octets, spelled, 0); at >= 0; at = indexOf(octets, spelled, at + 1)) {
        octets.set(isText ? spelled.map(blankCharacter) : new Uint8Array(spelled.length), at);
        found(what);
      }
    }
  }
  return octets;
}

/** A digit becomes 0 and a letter X; what parts them stays. */
function blankCharacter(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return 0x30;
  const isLetter = (octet >= 0x41 && octet <= 0x5a) || (octet >= 0x61 && octet <= 0x7a) || octet >= 0x80;
  return isLetter ? 0x58 : octet;
}

interface NameScrub {
  readonly secrets: readonly Secret[];
  /** What the device says of its maker and model: that is no identity, whatever its digits. */
  readonly models: readonly string[];
  readonly tally: Tally;
}

/** Also without its serial number being known: a word of a name that holds digits, and is not the model's, may be one. */
function scrubName(name: string, { secrets, models, tally }: NameScrub): string {
  const known = new TextDecoder().decode(blank(new TextEncoder().encode(name), secrets, () => undefined));
  const scrubbed = known.replaceAll(/[0-9A-Za-z]{4,}/g, (word) => {
    const digits = word.replaceAll(/\D/g, "").length;
    const isOfModel = models.some((model) => model.toLowerCase().includes(word.toLowerCase()));
    return digits >= 2 && !isOfModel ? word.replaceAll(/\d/g, "0").replaceAll(/[A-Za-z]/g, "X") : word;
  });
  if (scrubbed !== name) tally.add("name", "advertisement");
  return scrubbed;
}

/** What was taken out is looked for once more, by the same spellings. Stand-ins are nobody's, whatever they look like. */
function requireClean(values: readonly string[], secrets: readonly Secret[]): void {
  const spellings = secrets.flatMap((secret) => secret.spellings);
  const isLeft = values.some((hex) => {
    const octets = fromHex(hex) ?? new Uint8Array();
    return spellings.some((spelling) => indexOf(octets, spelling.octets, 0) >= 0);
  });
  if (isLeft) throw captureErrors.make("capture-identity-left", "the device's identity could not be taken out");
}

const nameHex = (name: string | null): string => toHex(new TextEncoder().encode(name ?? ""));

const textOf = (hex: string | undefined): string => new TextDecoder().decode(fromHex(hex ?? "") ?? new Uint8Array());

function indexOf(octets: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let at = from; at + wanted.length <= octets.length; at += 1) {
    if (wanted.every((octet, index) => octets[at + index] === octet)) return at;
  }
  return -1;
}

class Tally {
  readonly #counts = new Map<string, Scrubbing>();

  add(what: Scrubbing["what"], where: string): void {
    const key = `${what} ${where}`;
    this.#counts.set(key, { what, where, times: (this.#counts.get(key)?.times ?? 0) + 1 });
  }

  list(): readonly Scrubbing[] {
    return [...this.#counts.values()];
  }
}
