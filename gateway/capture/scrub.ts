import { fromHex, toHex } from "../../device-drivers/kit/hex.ts";
import type { Scrubbing, SessionStep } from "../../device-drivers/ports/session-fixture.ts";
import type { CapturedSession } from "./capture-session.ts";
import { captureErrors } from "./capture-error.ts";
import { type Identity, identityOf } from "./identity.ts";
import { ownerFieldOf } from "./owner-fields.ts";
import { SecretIndex } from "./secret-index.ts";

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
  const identity = identityOf(session);
  const index = new SecretIndex(identity.secrets);
  const tally = new Tally();
  tally.add("address", "advertisement");
  const steps = session.steps.map((step) => scrubStep(step, index, tally));
  const { advertisement, characteristics } = session;
  const models = steps.flatMap(({ char, hex }) => (char === "2A24" || char === "2A29" ? [textOf(hex)] : []));
  const name = advertisement.name === null ? null : scrubName(advertisement.name, { identity, index, models, tally });
  const companies = Object.entries(advertisement.manufacturerData ?? {}).map(([company, data]) =>
    index.blanked(companyOctets(Number(company), data), (what) => tally.add(what, "advertisement")),
  );
  const values = steps.flatMap(({ char, hex }) => (ownerFieldOf(char ?? "") === null ? [fromHex(hex ?? "")] : []));
  const uuids = [...advertisement.services, ...characteristics.flatMap(({ service, uuid }) => [service, uuid])];
  const kept = [
    ...values,
    ...companies,
    new TextEncoder().encode(name ?? ""),
    ...new Set(uuids).values().map(uuidOctets),
  ];
  // What was taken out is looked for once more. Stand-ins are nobody's, whatever they look like.
  if (kept.some((octets) => octets !== null && index.isFoundIn(octets))) {
    throw captureErrors.make("capture-identity-left", "the device's identity could not be taken out");
  }
  return { name, manufacturerData: Object.fromEntries(companies.map(companyEntry)), steps, scrubbed: tally.list() };
}

/** As it is on the air: some devices begin their address where the company's number should be. */
const companyOctets = (company: number, data: Uint8Array): Uint8Array =>
  Uint8Array.of(company & 0xff, company >> 8, ...data);

const companyEntry = ([low = 0, high = 0, ...data]: Uint8Array): readonly [string, string] => [
  String(low | (high << 8)),
  toHex(Uint8Array.from(data)),
];

/** A UUID that is not the SIG's may have an address in it; it cannot be blanked, because it is what a driver goes by. */
const uuidOctets = (uuid: string): Uint8Array | null => fromHex(uuid.replaceAll("-", ""));

function scrubStep(step: SessionStep, index: SecretIndex, tally: Tally): SessionStep {
  const value = step.hex === undefined ? null : fromHex(step.hex);
  if (value === null || step.char === undefined) return step;
  const { char } = step;
  const field = ownerFieldOf(char);
  if (field !== null) {
    const standIn = field.standIn(value);
    if (toHex(standIn) !== step.hex) tally.add(field.what, char);
    return { ...step, hex: toHex(standIn) };
  }
  return { ...step, hex: toHex(index.blanked(value, (what) => tally.add(what, char))) };
}

interface NameScrub {
  readonly identity: Identity;
  readonly index: SecretIndex;
  /** What the device says of its maker and model: that is no identity, whatever its digits. */
  readonly models: readonly string[];
  readonly tally: Tally;
}

/**
 * Also what no spelling finds: a word that is a part of the identity or ends as it does, as names end with half an
 * address, and a word that holds digits and is not the model's, because it may be a serial number that is not known.
 */
function scrubName(name: string, { identity, index, models, tally }: NameScrub): string {
  const known = new TextDecoder().decode(index.blanked(new TextEncoder().encode(name), () => undefined));
  const scrubbed = known.replaceAll(/[0-9A-Za-z]{4,}/g, (word) => {
    const lowerCase = word.toLowerCase();
    const isOfModel = models.some((model) => model.toLowerCase().includes(lowerCase));
    const tells = word.replaceAll(/\D/g, "").length >= 2 || identity.texts.some((text) => sharesEnd(lowerCase, text));
    return tells && !isOfModel ? word.replaceAll(/\d/g, "0").replaceAll(/[A-Za-z]/g, "X") : word;
  });
  if (scrubbed !== name) tally.add("name", "advertisement");
  return scrubbed;
}

/** Names end with the last two octets of an address, which are the first of one that is turned round. */
const sharesEnd = (word: string, text: string): boolean =>
  text.includes(word) || [text.slice(0, 4), text.slice(-4)].some((end) => end.length === 4 && word.endsWith(end));

const textOf = (hex: string | undefined): string => new TextDecoder().decode(fromHex(hex ?? "") ?? new Uint8Array());

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
