import type { Reading } from "../../cloud-sync/contract/reading.ts";
import type { GatewayEvent } from "../../cloud-sync/contract/control.ts";
import type { Roster } from "../../cloud-sync/contract/roster.ts";
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
  /** Forgets the device, its assignments, its bond, its high-water mark and its place in open sessions; its readings stay. */
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
  /**
   * Follows the cloud's list of whose devices are whose: it replaces the one before, and leaves alone what was assigned
   * here. `stale`: the one that is followed already is as late, or later; nothing was changed. An audit entry is
   * written with it. Whoever withdrew here stays withdrawn, also where the list does not know of it yet.
   */
  followRoster(roster: Roster): Promise<"followed" | "stale">;
  rosterVersion(): Promise<number | null>;
  /** As the change `session`. */
  saveSession(session: KioskSession): Promise<void>;
  /** Sessions that are open now, or were at some time after `sinceAt`. */
  sessions(sinceAt: number): Promise<readonly KioskSession[]>;

  /** Makes what people decided, the events that tell of it, and its audit entries durable: all of it, or nothing. */
  record(deed: Deed): Promise<DeedOutcome>;
  /** The latest first. */
  consents(query: ConsentQuery): Promise<readonly ConsentRecord[]>;
  /** Those who withdrew, and when they did so last, as far as they have not agreed anew here since. */
  withdrawals(): Promise<readonly StandingWithdrawal[]>;
  /** In the order in which they were written. */
  auditEntries(query: { readonly afterSeq: number; readonly limit: number }): Promise<readonly AuditEntry[]>;
  /** Null while nothing was written. */
  auditHead(): Promise<AuditHead | null>;
  /** Events that are not delivered yet, the oldest first, up to one that is yet to learn how many readings are removed. */
  pendingEvents(query: { readonly afterSeq: number; readonly limit: number }): Promise<readonly PendingEvent[]>;
  settleEvents(seqs: readonly number[]): Promise<void>;
  /** Calls back whenever a deed brought events. Returns what ends it. */
  onEventRecorded(listener: () => void): () => void;

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
  /** `discarded`: somebody decided that it is nobody's, and it is not delivered. */
  readonly state: "waiting" | "delivered" | "held" | "undated" | "dead-letter" | "discarded";
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
  /** `remove`: it turns out that it may not be kept. It is not stored again. */
  readonly disposition: "deliver" | "hold" | "remove";
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
  /** `roster`: the cloud's; only a roster changes it. */
  readonly source: "local" | "roster";
}

/** What a person agreed to, and until when. */
export interface ConsentRecord {
  readonly id: string;
  readonly person: string;
  /** The text that was read: its version, and the SHA-256 of its words in that language, in hex. */
  readonly version: string;
  readonly sha256: string;
  readonly language: string;
  /** Earlier readings may be shown to this person at this kiosk. */
  readonly trend: boolean;
  readonly givenAt: number;
  readonly withdrawnAt: number | null;
}

export interface StandingWithdrawal {
  readonly person: string;
  readonly at: number;
}

export interface ConsentQuery {
  readonly person?: string;
  /** Those that come after this one, for the next page; omit for the latest. */
  readonly before?: Pick<ConsentRecord, "givenAt" | "id">;
  readonly limit: number;
}

/** Several changes that belong together, and who made them. */
export interface Deed {
  readonly changes: readonly Change[];
  /**
   * In events that tell of a withdrawal by this deed, the store fills in `removed`, whatever stands there: the first of
   * each person has the number of readings, others 0. An event whose id is pending already is not kept twice.
   */
  readonly events: readonly GatewayEvent[];
  readonly audit: readonly NewAuditEntry[];
}

export type Change =
  | { readonly type: "consent"; readonly consent: ConsentRecord }
  /** Of a session that is there already, neither the devices change, nor does it end later than it did. */
  | { readonly type: "session"; readonly session: KioskSession }
  /** The session goes on from another one, and may claim what that names, from its own beginning on. */
  | { readonly type: "session-moved"; readonly from: string; readonly session: KioskSession }
  /** The session may claim readings of this device, too. */
  | { readonly type: "session-device"; readonly session: string; readonly device: SessionDevice }
  /** The device changes hands: no session that is open may claim its readings any more. */
  | { readonly type: "release-device"; readonly deviceId: string }
  | { readonly type: "assignment"; readonly assignment: Assignment }
  | { readonly type: "attribute"; readonly decision: ManualAttribution }
  /** A held reading becomes `discarded`. */
  | { readonly type: "discard"; readonly readingId: string }
  /**
   * Everything that this person agreed to ends at `at`: consents, sessions and assignments, also those of the roster.
   * What is theirs and was not delivered is removed, and is not stored again when a device shows it again; nor is what
   * they measured until then, when it is shown later: `add` answers `known`.
   */
  | { readonly type: "withdraw"; readonly person: string; readonly at: number };

/** What the changes came to. */
export interface DeedOutcome {
  /** The ids of `attribute` and `discard` that were not held, or unknown: nothing was changed for these. */
  readonly notHeld: readonly string[];
  /**
   * How many readings were removed. A deed that removes many is on disk long before it is answered; should the store
   * fail or be closed in between, these are so far, and the rest goes at its next start.
   */
  readonly removed: number;
  /** The consents that ended. */
  readonly withdrawn: readonly string[];
}

/** Who did what, and to what: in references, never in values. */
export interface NewAuditEntry {
  readonly at: number;
  /** `visitor`, `staff:NAME`, `command-line`, `cloud`, `gateway`. */
  readonly actor: string;
  readonly action: AuditAction;
  /** Which device, assignment, consent, session, reading, person: ids only. */
  readonly subject: Readonly<Record<string, string | number | boolean | null>>;
}

export type AuditAction =
  | "visit-started"
  | "visit-ended"
  | "consent-given"
  | "consent-refused"
  | "consent-withdrawn"
  | "device-paired"
  | "device-forgotten"
  | "device-enrolled"
  | "kiosk-device-set"
  | "assignment-made"
  | "assignment-ended"
  | "reading-attributed"
  | "reading-discarded"
  | "readings-viewed"
  | "readings-exported"
  | "consents-exported"
  | "audit-exported"
  /** The file was damaged: entries before this one were taken over from it, and those that could not be read are lost. */
  | "audit-log-replaced"
  | "support-bundle-made"
  | "roster-followed"
  | "staff-signed-in"
  | "staff-sign-in-refused"
  | "staff-signed-out";

/**
 * One link of the chain: `hash` is SHA-256, in hex, over the hash of the entry before (64 zeros before the first) and the
 * entry's own text, so that nothing can be changed, left out or put in without every later hash being another. To the
 * octet: `audit-chain.ts`.
 */
export interface AuditEntry extends NewAuditEntry {
  readonly seq: number;
  /** The very text that is stored, and that the hash is over; the other fields are read from it. */
  readonly text: string;
  readonly hash: string;
}

export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

export interface PendingEvent {
  readonly seq: number;
  readonly event: GatewayEvent;
}

/** One person's stay at a kiosk. */
export interface KioskSession {
  readonly id: string;
  readonly person: string;
  readonly consent: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Only readings of these can be the person's by being measured in this session. */
  readonly devices: readonly SessionDevice[];
}

/** A device that was in this person's hands at the kiosk: what it measured before that is not claimed. */
export interface SessionDevice {
  readonly deviceId: string;
  readonly sinceAt: number;
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
  readonly discarded: number;
  readonly fileBytes: number;
  readonly walBytes: number;
  /** Why the store takes no more readings; null while it does. */
  readonly alarm: "quota" | "disk-full" | null;
}
