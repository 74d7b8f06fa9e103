import type { Clock, Random } from "../../../device-drivers/ports/clock.ts";
import type { Log } from "../../../device-drivers/ports/log.ts";
import { bundleEntries, type Collection, transactionOf } from "../../fhir/bundle.ts";
import { collectionOfReading } from "../../fhir/collection-of-reading.ts";
import { fhirErrors } from "../../fhir/fhir-error.ts";
import { fhirText } from "../../fhir/fhir-json.ts";
import type { FhirProfiles } from "../../fhir/observation.ts";
import { RetrySchedule } from "../../uplink/retry-schedule.ts";
import type { SinkReader, StoredReading } from "../sink.ts";
import type { FhirAnswer, FhirRefusal } from "./fhir-answer.ts";
import type { FhirClient } from "./fhir-client.ts";
import { type KeyedTask, singleFlight } from "./fhir-flight.ts";
import type { FhirLedger } from "./fhir-ledger.ts";

/**
 * Tells a FHIR server of every reading of a sink, in the order of their commit, at least once. The sink is durable
 * first; this goes behind it with a place of its own, so that a slow or a broken server holds up no gateway. A bundle
 * holds one reading and every entry of it is a conditional create: what is told again after a crash changes nothing.
 *
 * A server that takes nothing is waited for. A reading that it refuses is set aside with the server's reason, alone,
 * and the others go on.
 */
export interface FhirForwarder {
  /** Runs until the signal is aborted, which ends it without an error. Rejects if the sink or the ledger fails. */
  run(signal: AbortSignal): Promise<void>;
  /** Tells what was set aside once more, and gives how it went. Not while `run` runs. */
  retry(ids: readonly number[], signal: AbortSignal): Promise<{ readonly told: number; readonly refused: number }>;
  counts(): FhirCounts;
}

/** Since the start of this process. */
export interface FhirCounts {
  readonly told: number;
  /** Of those, bundles of which the server had every entry already. */
  readonly known: number;
  readonly setAside: number;
  /** Answers after which the server was left alone for a while. */
  readonly waits: number;
}

export interface FhirForwarderPorts {
  readonly sink: SinkReader;
  readonly ledger: FhirLedger;
  readonly client: FhirClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface FhirForwarderOptions {
  readonly profiles: FhirProfiles;
  /** The identifier system of the person references, if the server knows them by one of its own. */
  readonly personSystem?: string | undefined;
  readonly atOnceMax?: number;
  readonly pollMs?: number;
  readonly retry?: { readonly firstDelayMaxMs: number; readonly delayMaxMs: number };
}

/** So many are told again at most after a crash. */
const pageReadings = 200;
const defaults = { atOnceMax: 8, pollMs: 1_000, retry: { firstDelayMaxMs: 1_000, delayMaxMs: 60_000 } };
/**
 * How often one reading is tried that the server, while it works, cannot take. A fault may be the server's own, so it
 * gets the time that eight growing delays take, some minutes.
 */
const triesMax = { conflict: 3, fault: 8, denied: 3 };
const conflictDelayMaxMs = 500;

export function createFhirForwarder(ports: FhirForwarderPorts, options: FhirForwarderOptions): FhirForwarder {
  const forwarder = new Forwarder(ports, options);
  return {
    run: (signal) => forwarder.run(signal),
    retry: (ids, signal) => forwarder.retry(ids, signal),
    counts: () => ({ ...forwarder.counts }),
  };
}

class Forwarder {
  readonly counts = { told: 0, known: 0, setAside: 0, waits: 0 };
  readonly #ports: FhirForwarderPorts;
  readonly #options: FhirForwarderOptions & typeof defaults;
  readonly #schedule: RetrySchedule;
  /** Until when the server is left alone; shared, because what hinders one hinders all. */
  #pause: Promise<void> | null = null;

  constructor(ports: FhirForwarderPorts, options: FhirForwarderOptions) {
    this.#ports = ports;
    this.#options = { ...defaults, ...options };
    this.#schedule = new RetrySchedule(this.#options.retry, ports.random);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { sink, ledger, clock } = this.#ports;
    try {
      while (!signal.aborted) {
        const page = await sink.readings({ afterPosition: ledger.position(), limit: pageReadings });
        const last = page.at(-1);
        if (last === undefined) await clock.sleep(this.#options.pollMs, signal);
        else {
          await this.#tellAll(page, signal);
          ledger.advance(last.position);
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async retry(ids: readonly number[], signal: AbortSignal): Promise<{ told: number; refused: number }> {
    const { sink, ledger } = this.#ports;
    const before = { ...this.counts };
    const wanted = new Set(ids);
    for (let afterId = 0; ;) {
      const page = ledger.quarantined({ afterId, limit: pageReadings });
      for (const entry of page.filter(({ id }) => wanted.size === 0 || wanted.has(id))) {
        const [stored] = await sink.readings({ afterPosition: entry.position - 1, limit: 1 });
        // A reading that was revised has moved to the end of the sink, where `run` meets it again.
        const isThere = stored !== undefined && stored.reading.id === entry.readingId;
        if (isThere) await this.#tell(taskOf(stored, this.#options).item, signal);
        else ledger.forget(entry.readingId);
      }
      afterId = page.at(-1)?.id ?? afterId;
      if (page.length < pageReadings) break;
    }
    return { told: this.counts.told - before.told, refused: this.counts.setAside - before.setAside };
  }

  async #tellAll(page: readonly StoredReading[], signal: AbortSignal): Promise<void> {
    const tasks = page.map((stored) => taskOf(stored, this.#options));
    await singleFlight(tasks, this.#options.atOnceMax, async (message) => void (await this.#tell(message, signal)));
  }

  /** Resolves when the server has taken it (true) or it is set aside (false). Rejects with the signal's reason. */
  async #tell(message: Message, signal: AbortSignal): Promise<boolean> {
    if (message.held !== null) return this.#setAside(message, message.held, null);
    const attempt: Attempt = { tries: { conflict: 0, fault: 0, denied: 0 }, signal, isWelcome: false };
    for (;;) {
      await this.#pause;
      signal.throwIfAborted();
      const answer = await this.#ports.client.transact(message.text, message.entries, signal);
      const settled = await this.#settle(message, answer, attempt);
      if (settled !== null) return settled;
    }
  }

  /** Null if it is to be tried again. */
  async #settle(message: Message, answer: FhirAnswer, attempt: Attempt): Promise<boolean | null> {
    if (answer.type === "taken") return this.#taken(message, answer.created);
    if (answer.type === "refused") return this.#setAside(message, "fhir-refused", answer.refusal);
    if (answer.type === "unavailable") await this.#wait(answer.reason, answer.afterMs, attempt.signal);
    else if (await this.#isHopeless(answer, attempt))
      return this.#setAside(message, hopeless[answer.type], answer.refusal);
    return null;
  }

  #taken(message: Message, created: number): true {
    this.#schedule.reset();
    this.counts.told += 1;
    if (created === 0) this.counts.known += 1;
    this.#ports.ledger.forget(message.stored.reading.id);
    return true;
  }

  /** Has it been tried often enough of a server that works? If not, some time has passed. */
  async #isHopeless(answer: TryAgain, attempt: Attempt): Promise<boolean> {
    const { tries, signal } = attempt;
    tries[answer.type] += 1;
    const isTried = tries[answer.type] >= triesMax[answer.type];
    if (answer.type === "conflict") {
      if (!isTried) await this.#ports.clock.sleep(this.#ports.random() * conflictDelayMaxMs, signal);
      return isTried;
    }
    if (isTried && (await this.#isToBlame(answer, attempt))) {
      // The next one that is not taken waits no longer for it.
      this.#schedule.reset();
      return true;
    }
    // It is told once more at once, with nothing between the server's two answers.
    if (answer.type === "denied" && attempt.isWelcome) return false;
    await this.#wait(`http-${answer.refusal.status}`, null, signal);
    return false;
  }

  /** Is it the reading, and not the server or our credentials? */
  async #isToBlame({ type }: TryAgain, attempt: Attempt): Promise<boolean> {
    const { client } = this.#ports;
    if (type !== "denied") return await client.isAlive(attempt.signal);
    // Credentials may have been mended since the answer: only a reading that is denied after this is to blame.
    if (attempt.isWelcome) return true;
    attempt.isWelcome = await client.isWelcome(attempt.signal);
    return false;
  }

  /** Lets the server alone for a while, together with all others that find it so. */
  async #wait(reason: string, afterMs: number | null, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#ports;
    if (this.#pause === null) {
      const delayMs = Math.round(Math.max(afterMs ?? 0, this.#schedule.nextDelayMs()));
      this.counts.waits += 1;
      log.warn("fhir-server-unavailable", { reason, delayMs });
      this.#pause = clock.sleep(delayMs, signal).finally(() => {
        this.#pause = null;
      });
    }
    await this.#pause;
  }

  #setAside(message: Message, code: string, refusal: FhirRefusal | null): false {
    const { ledger, clock, log } = this.#ports;
    const { reading, gateway, position } = message.stored;
    const { status = null, outcome = "" } = refusal ?? {};
    ledger.setAside({ readingId: reading.id, gateway, position, code, status, outcome, at: clock.now() });
    this.counts.setAside += 1;
    log.warn("fhir-reading-set-aside", { gateway, code, reason: status === null ? "held" : `http-${status}` });
    return false;
  }
}

type TryAgain = Extract<FhirAnswer, { readonly type: "conflict" | "fault" | "denied" }>;
const hopeless = { conflict: "fhir-conflict", fault: "fhir-server-fault", denied: "fhir-refused" } as const;

interface Attempt {
  readonly tries: { conflict: number; fault: number; denied: number };
  readonly signal: AbortSignal;
  /** After it was denied often enough the server took a transaction of us that holds nothing. */
  isWelcome: boolean;
}

interface Message {
  readonly stored: StoredReading;
  readonly text: string;
  readonly entries: number;
  /** Why it may not be told; null if it may. */
  readonly held: "fhir-time-unknown" | "fhir-subject-unknown" | "fhir-unmappable" | null;
}

/**
 * The bundle of a reading, and what it must not share with another that is under way. A reading that the contract lets
 * pass and the mapping cannot tell is a fault of ours: it is set aside, so that it holds up no other.
 */
function taskOf(stored: StoredReading, options: FhirForwarderOptions): KeyedTask<Message> {
  try {
    return mappedTask(stored, options);
  } catch {
    return heldTask(stored, "fhir-unmappable");
  }
}

function mappedTask(stored: StoredReading, options: FhirForwarderOptions): KeyedTask<Message> {
  const collection = collectionOf(stored, options);
  const { reading } = stored;
  const isOfDevice = reading.kind !== "blood-pressure" && reading.controlSolution;
  if (collection === null) return heldTask(stored, "fhir-time-unknown");
  // A reading of nobody is not charted to anybody, least of all to the owner of the device.
  if (reading.person === null && !isOfDevice) return heldTask(stored, "fhir-subject-unknown");
  const entries = bundleEntries(collection);
  const text = fhirText(transactionOf(entries));
  return {
    item: { stored, text, entries: entries.length, held: null },
    keys: entries.map(({ search }) => search),
  };
}

const heldTask = (stored: StoredReading, held: Message["held"]): KeyedTask<Message> => ({
  item: { stored, text: "", entries: 0, held },
  keys: [],
});

function collectionOf({ reading, gateway }: StoredReading, options: FhirForwarderOptions): Collection | null {
  const told = { id: gateway, systemId: null, softwareVersion: null, timeSync: "ntp" } as const;
  const { profiles, personSystem } = options;
  try {
    return collectionOfReading(reading, { gateway: told, profiles, personSystem });
  } catch (error) {
    if (fhirErrors.is(error, "fhir-time-unknown")) return null;
    throw error;
  }
}
