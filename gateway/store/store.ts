import type { Reading } from "../../cloud-sync/contract/reading.ts";
import type { Lane, Outbox } from "../../cloud-sync/uplink/outbox.ts";

/**
 * Everything that the gateway must not forget: a port with one real adapter (`sqlite-store.ts`, on a worker thread or
 * inline). Every promise that resolves means "on disk", but for what is done again at no loss: `settle` and
 * `settleTombstones` survive a crash of the process, and a power cut may undo them. Rejects with `sqliteErrors`: `add` with
 * `quota-exceeded` or `disk-full` while there is no room. Contract: `test/contracts/store.ts`.
 */
export interface Store extends Outbox {
  /**
   * Makes one reading durable, together with its outbox entry in one transaction. Calls that come while a commit runs
   * share the next one. A reading that exists already costs one look-up and no write.
   */
  add(reading: NewReading): Promise<AddOutcome>;
  /** Keeps frames that are not a reading: device faults, undecodable bytes, identity in doubt. Same bytes, one row. */
  quarantine(entry: NewQuarantineEntry): Promise<void>;
  quarantined(query: { readonly afterId: number; readonly limit: number }): Promise<readonly QuarantineEntry[]>;

  readings(query: ReadingQuery): Promise<readonly StoredReading[]>;
  /** Gives a held reading to a person, by an operator's decision: a new revision, and its outbox entry. */
  attribute(decision: ManualAttribution): Promise<"attributed" | "not-held" | "unknown-reading">;
  /**
   * Dates the `undated` readings of one boot: each becomes what `restamp` makes of it, and waits in its lane or is
   * held. `restamp` runs on the caller's thread. Resolves with how many were dated, when all of them are on disk; a
   * crash on the way leaves the rest undated.
   */
  dateReadings(request: DatingRequest, restamp: Restamp): Promise<number>;
  /** The boots that have undated readings, so that those of a boot whose clock was never right are let go as unknown. */
  undatedBoots(): Promise<readonly string[]>;

  devices(): Promise<readonly KnownDevice[]>;
  /** Inserts or updates by `id`. */
  saveDevice(device: KnownDevice): Promise<void>;
  /** Forgets the device, its assignments, its bond and its high-water mark; its readings stay. */
  forgetDevice(id: string): Promise<boolean>;
  /** The high-water mark of a device's own record numbers: moves only when the records below are durable. */
  saveProgress(progress: DeviceProgress): Promise<void>;
  progress(deviceId: string): Promise<DeviceProgress | null>;

  /** What is known of keys: one for each device that was ever paired and not forgotten since, the oldest first. */
  bonds(): Promise<readonly DeviceBond[]>;
  /** Inserts or updates by `address`. */
  saveBond(bond: DeviceBond): Promise<void>;
  /** Resolves with whether it was known. */
  forgetBond(address: string): Promise<boolean>;

  savePerson(person: Person): Promise<void>;
  people(): Promise<readonly Person[]>;
  saveAssignment(assignment: Assignment): Promise<void>;
  assignments(): Promise<readonly Assignment[]>;
  saveSession(session: KioskSession): Promise<void>;
  /** Sessions that are open now, or were at some time after `sinceAt`. */
  sessions(sinceAt: number): Promise<readonly KioskSession[]>;

  /** The gateway's own dead letters: entries that the ingestion end rejected. */
  deadLetters(query: { readonly afterId: number; readonly limit: number }): Promise<readonly OutboxDeadLetter[]>;
  /** Puts dead letters back into the outbox. */
  replayDeadLetters(ids: readonly number[]): Promise<number>;

  /** Readings that were dropped under the policy `drop-oldest-unsent`, oldest first, until their events are delivered. */
  pendingTombstones(limit: number): Promise<readonly Tombstone[]>;
  settleTombstones(ids: readonly number[]): Promise<void>;

  /** Small named values: boot id, remote settings, last time seen. */
  setting(name: string): Promise<string | null>;
  saveSetting(name: string, value: string): Promise<void>;
  counts(): Promise<StoreCounts>;
  /** Waits for what is under way, checkpoints and closes. Idempotent. */
  close(): Promise<void>;
}

export interface NewReading {
  readonly reading: Reading;
  readonly lane: Lane;
  /** `deliver`: into the outbox now. `hold`: nobody's yet, wait for a person. `undated`: wait for a trusted clock. */
  readonly disposition: Disposition;
  /** The boot and its monotonic clock at receipt: by these a reading is dated later. */
  readonly bootId: string;
  readonly receivedMonotonicMs: number;
}

export type Disposition = "deliver" | "hold" | "undated";

/**
 * `known`: the store has this id with all that this one brings; nothing was written.
 * `amended`: it was there without a context that this one has; a new revision was stored and will be delivered.
 */
export type AddOutcome = "stored" | "known" | "amended";

export interface StoredReading {
  readonly seq: number;
  readonly reading: Reading;
  readonly state: "waiting" | "delivered" | "held" | "undated" | "dead-letter";
}

export interface ReadingQuery {
  /** Newest first, below this seq; omit for the newest. */
  readonly beforeSeq?: number;
  readonly limit: number;
  readonly person?: string;
  readonly deviceId?: string;
  readonly state?: StoredReading["state"];
}

export interface ManualAttribution {
  readonly readingId: string;
  readonly person: string;
}

export interface DatingRequest {
  readonly bootId: string;
  /** Wall-clock time less monotonic time of that boot, in milliseconds; null if it can never be known. */
  readonly epochOfMonotonicZero: number | null;
}

/** Pure: the same reading with its time, its person and its lane, under the same id. */
export type Restamp = (undated: UndatedReading) => DatedReading;

export interface UndatedReading {
  readonly reading: Reading;
  readonly receivedMonotonicMs: number;
  /** When it was received, from the request's epoch; null if it can never be known. */
  readonly receivedAt: number | null;
}

export interface DatedReading {
  readonly reading: Reading;
  readonly lane: Lane;
  readonly disposition: "deliver" | "hold";
}

export interface NewQuarantineEntry {
  readonly deviceId: string;
  readonly reason: "device-fault" | "undecodable" | "identity-doubtful" | "implausible";
  readonly detail: string;
  readonly frames: readonly { readonly characteristic: string; readonly hex: string }[];
  readonly at: number;
}

export interface QuarantineEntry extends NewQuarantineEntry {
  readonly id: number;
}

export interface KnownDevice {
  /** The device identity that reading ids are made from. */
  readonly id: string;
  readonly driver: string;
  readonly address: string;
  readonly name: string | null;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly serial: string | null;
  readonly systemId: string | null;
  readonly firmware: string | null;
  readonly batteryPercent: number | null;
  readonly clockOffsetMs: number | null;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
}

/** A device's key as the gateway knows of it, and what the device was when it was paired. */
export interface DeviceBond {
  /** The identity address, upper case: what the radio knows the bond by. */
  readonly address: string;
  /** Null until a session has shown who it is. */
  readonly deviceId: string | null;
  readonly name: string | null;
  /** `lost`: the device, or this machine, no longer has the key. `none`: it asks for one, and was never paired. */
  readonly state: "none" | "bonded" | "lost";
  readonly since: number;
  /** How it was paired here; null if it was not. */
  readonly method: "just-works" | "passkey-entry" | "passkey-shown" | "numeric-comparison" | "pin" | null;
  /** It forgets its key after each session, and may be paired anew before each by the gateway alone. */
  readonly forgetsKey: boolean;
  /** What its first session after pairing showed; null before it. A device that then shows another is not believed. */
  readonly serial: string | null;
  readonly model: string | null;
  /** Of its GATT table, in hex. */
  readonly fingerprint: string | null;
}

export interface DeviceProgress {
  readonly deviceId: string;
  readonly lastSequenceNumber: number | null;
  /** As `dateTimeText` writes it. */
  readonly lastDeviceTime: string | null;
}

export interface Person {
  /** Opaque; never a name. */
  readonly reference: string;
  readonly createdAt: number;
}

/** This device, and this user slot of it, belongs to this person from then to then, under this consent. */
export interface Assignment {
  readonly id: string;
  readonly deviceId: string;
  /** Null stands for a device without user slots, or for all of them where the device is one person's alone. */
  readonly userSlot: number | null;
  readonly person: string;
  readonly consent: string;
  readonly fromAt: number;
  readonly untilAt: number | null;
}

/** One person's stay at a kiosk. */
export interface KioskSession {
  readonly id: string;
  readonly person: string;
  readonly consent: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

export interface OutboxDeadLetter {
  readonly id: number;
  readonly readingId: string;
  readonly code: string;
  readonly reason: string;
  readonly at: number;
}

/** The grave of a reading: it becomes an event, under an id that is made from `readingId` and `at`. */
export interface Tombstone {
  readonly id: number;
  readonly readingId: string;
  readonly reason: "quota";
  readonly at: number;
}

export interface StoreCounts {
  readonly readings: number;
  readonly waiting: number;
  readonly held: number;
  readonly undated: number;
  readonly deadLetters: number;
  readonly quarantined: number;
  readonly tombstones: number;
  readonly fileBytes: number;
  readonly walBytes: number;
  /** Why the store takes no more readings; null while it does. */
  readonly alarm: "quota" | "disk-full" | null;
}
