import { isDeepStrictEqual } from "node:util";
import type { Reading } from "../../cloud-sync/contract/reading.ts";
import { matchDevice } from "../../device-drivers/catalogue.ts";
import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type {
  CollectionEnd,
  DeviceHistory,
  DeviceInformation,
  DriverMatch,
  DriverSession,
} from "../../device-drivers/kit/driver.ts";
import { attTransactionMs, withinTime } from "../../device-drivers/kit/guarded-link.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { Advertisement, GattCharacteristic, GattLink, Radio } from "../../device-drivers/ports/gatt.ts";
import { readDeviceInformation } from "../../device-drivers/profiles/device-information/read-information.ts";
import type { SessionTally } from "../gateway-event.ts";
import type { Assignment, KnownDevice } from "../store/store.ts";
import { connectDevice } from "./connect-device.ts";
import type { ClockTrust } from "./clock-trust.ts";
import type { CollectOptions } from "./collect-options.ts";
import { parseDateTime } from "./date-time-text.ts";
import { genuineSystemId, identifyDevice, type DeviceIdentity } from "./device-identity.ts";
import { asCarepostError, runDriver } from "./driver-run.ts";
import type { Mark } from "./high-water-mark.ts";
import { gattFingerprint } from "./gatt-fingerprint.ts";
import { isLeftAlone } from "./left-alone.ts";
import { Intake, type IntakeComponents } from "./intake.ts";
import { openResendGuard } from "./resend-guard.ts";
import { noBonds, type SessionBonds } from "./session-bonds.ts";
import { previousCollection, type CollectionOutcome } from "./session-history.ts";

export interface SessionComponents extends IntakeComponents {
  readonly radio: Radio;
  /** Tells the driver's name as soon as the device is known to be ours. */
  readonly onStart: (driver: string) => void;
  /** Omitted where nobody keeps the bonds. */
  readonly bonds?: SessionBonds;
}

/** How a visit ended. What it brought is on disk, whatever the failure. */
export interface VisitResult {
  /**
   * `not-ours`: it was connected to, and left unread. `unsupported`: no driver fits its services. `untold`: a stranger
   * ended the link rather than tell who it is, as one does that speaks only to those whom it is paired with.
   */
  readonly type: "collected" | "failed" | "not-ours" | "unsupported" | "untold";
  readonly deviceId: string | null;
  readonly tally: SessionTally;
  readonly failure: CarepostError | null;
  /** It hides who it is until it is paired, and somebody's device that nobody here has met yet is expected. */
  readonly wantsPairing?: boolean;
}

const emptyTally: SessionTally = { stored: 0, known: 0, amended: 0, quarantined: 0 };

/** Whom to visit. */
export interface Visitee {
  readonly advertisement: Advertisement;
  /** The connection that was opened before its turn; null where there is none yet. */
  readonly link: GattLink | null;
  /** Aborted when whoever is held awake should not wait any longer for the connection. It ends nothing else. */
  readonly giveWay?: AbortSignal;
}

/**
 * Visits one device: connects, learns who it is, and if it is ours lets its driver collect into the store. The link is
 * closed when it ends. It never rejects: what went wrong, also that the signal was aborted, is in the result.
 */
export async function visitDevice(
  components: SessionComponents,
  { advertisement, link: early, giveWay }: Visitee,
  signal: AbortSignal,
): Promise<VisitResult> {
  const { bonds = noBonds } = components;
  const { address, name } = advertisement;
  const ticket = await bonds.begin(address, early, signal).catch(asCarepostError);
  if (ticket instanceof CarepostError) {
    await early?.close();
    return failed(ticket);
  }
  let link = ticket.link;
  let result: VisitResult;
  try {
    link ??= await connectDevice(
      components,
      address,
      giveWay === undefined ? signal : AbortSignal.any([signal, giveWay]),
    );
    result = await visitLink(components, { link, advertisement }, signal);
  } catch (error) {
    result = failed(error);
  }
  await link?.close();
  const { failure, deviceId, wantsPairing: wants = false } = result;
  const wantsPairing = wants && link !== null ? { addressKind: link.addressKind } : null;
  await ticket.end({ failure, deviceId, name, bonded: link?.bonded ?? false, wantsPairing });
  return result;
}

const failed = (error: unknown): VisitResult => ({
  type: "failed",
  deviceId: null,
  tally: emptyTally,
  failure: asCarepostError(error),
});

interface Visit {
  readonly link: GattLink;
  readonly advertisement: Pick<Advertisement, "name">;
}

async function visitLink(components: SessionComponents, visit: Visit, signal: AbortSignal): Promise<VisitResult> {
  const { store, options } = components;
  const introduction = await introduce(components, visit, signal);
  if (introduction instanceof CarepostError) return { ...failed(introduction), type: "untold" };
  const { characteristics, information } = introduction;
  const match = matchDevice([...new Set(characteristics.map(({ service }) => service))], information);
  const left = { deviceId: null, tally: emptyTally, failure: null };
  if (match === null) return { type: "unsupported", ...left };
  const [known, assignments] = await Promise.all([store.devices(), store.assignments()]);
  const { address, addressKind } = visit.link;
  const fingerprint = gattFingerprint(characteristics, match.driver.services);
  const shown = { address, bonded: visit.link.bonded, information, fingerprint };
  const likely = identifyDevice({ information, address, addressKind }, known);
  const { identity, wasPaired } = await (components.bonds ?? noBonds).judge(likely, shown);
  const isOfOurs = wasPaired || isOurs(identity, { policy: options.devices, known, assignments });
  if (isOfOurs && identity.type !== "doubtful") {
    const whose = { deviceId: identity.id, assignments, now: components.trust.trustedNow() };
    if (await isLeftAlone(store, whose)) return { type: "not-ours", ...left };
  }
  if (!isOfOurs) {
    const isAwaited = assignments.some(({ deviceId }) => !known.some(({ id }) => id === deviceId));
    return { type: "not-ours", ...left, wantsPairing: isAwaited && isSilent({ ...visit, ...introduction }) };
  }
  const before = known.find(({ id }) => id === identity.id) ?? null;
  const identified = { ...visit, information, match, identity };
  const device = deviceRow(identified, before, components.trust.trustedNow());
  const isChanged = !isDeepStrictEqual(device, before);
  return await collect(components, { ...identified, characteristics, device, isChanged }, signal);
}

/**
 * Asks a device who it is. Resolves with the failure where a stranger ends the link over it. That an unpaired device
 * wants a key is not to be seen otherwise: where the two cannot agree on a way to pair, the kernel ends the link, and
 * bluetoothd says no more than that it has ended.
 */
async function introduce(
  components: SessionComponents,
  { link }: Visit,
  signal: AbortSignal,
): Promise<Introduction | CarepostError> {
  const { store, options, clock } = components;
  const limit = { clock, limitMs: attTransactionMs, signal };
  try {
    const characteristics = await withinTime(limit, (bounded) => link.discover(bounded));
    const information = await withinTime(limit, (bounded) =>
      readDeviceInformation({ link, characteristics, signal: bounded }),
    );
    return { characteristics, information };
  } catch (error) {
    const isUnpaired = options.devices !== "any" && !link.bonded && gattErrors.is(error, "link-lost", "bond-lost");
    if (!isUnpaired || signal.aborted) throw error;
    const address = link.address.toUpperCase();
    if ((await store.devices()).some((device) => device.address.toUpperCase() === address)) throw error;
    return error;
  }
}

interface Introduction {
  readonly characteristics: readonly GattCharacteristic[];
  readonly information: DeviceInformation;
}

export interface Identified extends Visit {
  readonly information: DeviceInformation;
  readonly match: DriverMatch;
  readonly identity: DeviceIdentity;
}

interface OurDevice extends Identified {
  readonly characteristics: readonly GattCharacteristic[];
  readonly device: KnownDevice;
  /** It is new, or not as it is stored. */
  readonly isChanged: boolean;
}

async function collect(components: SessionComponents, ours: OurDevice, signal: AbortSignal): Promise<VisitResult> {
  const { store, clock, zone, trust } = components;
  const { identity, match, device } = ours;
  components.onStart(match.driver.name);
  const isKnown = identity.type === "identified" && !hidesItself(ours);
  if (isKnown && ours.isChanged) await store.saveDevice(device);
  const mark = (isKnown ? await store.progress(identity.id) : null) ?? noMark;
  const resendGuard = await openResendGuard(store, identity.id, trust.likelyNow());
  const intake = new Intake(components, {
    identity,
    mark,
    description: describe(device),
    previous: isKnown ? await previousCollection(store, identity.id) : null,
    countsUp: !match.quirks.sequenceReversed,
    resendGuard,
  });
  const session: DriverSession = {
    ...ours,
    clock,
    quirks: match.quirks,
    history: historyOf(mark),
    localTime: () => {
      const nowAt = trust.trustedNow();
      return nowAt === null ? null : zone.localTime(nowAt);
    },
    signal,
  };
  const finish = async (end: CollectionEnd | null): Promise<void> => {
    const state = end === null ? "hung-up" : await linkState(session);
    const saves = [intake.finish(end, state)];
    if (isKnown) saves.push(store.saveDevice(seenNow(device, intake, trust)));
    if (end !== null) saves.push(resendGuard.ended(state, trust.likelyNow()));
    await Promise.all(saves);
  };
  const failure = await drive(session, { match, intake, finish });
  const deviceId = identity.type === "identified" ? identity.id : null;
  return { type: failure === null ? "collected" : "failed", deviceId, tally: intake.tally, failure };
}

/**
 * A stranger that shows who it is to none but those whom it is paired with, and nothing else to know it by than its
 * address: were it kept under that, it would stay so after it was paired, and nobody's.
 */
function hidesItself(ours: OurDevice): boolean {
  const { identity, device } = ours;
  const isByAddress = identity.id === `address:${device.address.toUpperCase()}`;
  return isByAddress && isSilent(ours) && device.serial === null && device.systemId === null;
}

/** It has a serial number or a System ID, and shows neither. */
function isSilent({ link, characteristics, information }: Introduction & Pick<Visit, "link">): boolean {
  const declares = characteristics.some(({ uuid }) => uuid === "2A23" || uuid === "2A25");
  return declares && !link.bonded && information.serial === null && information.systemId === null;
}

const noMark: Mark = { lastSequenceNumber: null, lastDeviceTime: null };

interface Course {
  readonly match: DriverMatch;
  readonly intake: Intake;
  readonly finish: (end: CollectionEnd | null) => Promise<void>;
}

/** Returns what went wrong; null if the device was heard to its end and all of it is on disk. */
async function drive(session: DriverSession, { match, intake, finish }: Course): Promise<CarepostError | null> {
  try {
    const end = await runDriver(match.driver, session, (observed) => intake.take(observed));
    await finish(end);
    return null;
  } catch (error) {
    // How far it came is only a saving: if that cannot be saved either, the first failure is the one to tell.
    await finish(null).catch((second: unknown) => second);
    return asCarepostError(error);
  }
}

/** Reads anything at all: an answer comes after every confirmation that was sent before. */
async function linkState(session: DriverSession): Promise<CollectionOutcome["link"]> {
  const { link, clock, signal, characteristics } = session;
  const readable = characteristics.find(({ properties }) => properties.includes("read"));
  if (readable === undefined) return "hung-up";
  const answer = withinTime({ clock, limitMs: attTransactionMs, signal }, (bounded) => link.read(readable, bounded));
  return await answer.then(
    () => "alive",
    () => "hung-up",
  );
}

const seenNow = (device: KnownDevice, intake: Intake, trust: ClockTrust): KnownDevice => ({
  ...device,
  clockOffsetMs: intake.clockOffsetMs ?? device.clockOffsetMs,
  lastSeenAt: Math.round(trust.trustedNow() ?? device.lastSeenAt),
});

const historyOf = ({ lastSequenceNumber, lastDeviceTime }: Mark): DeviceHistory => ({
  lastSequenceNumber,
  lastDeviceTime: lastDeviceTime === null ? null : parseDateTime(lastDeviceTime),
});

/**
 * Ours are the devices that the policy names. One that poses as a device of ours is taken too, for the quarantine: what
 * it says is worth a look. One that nothing lasting is known of is taken only where every device is.
 */
function isOurs(identity: DeviceIdentity, place: OwnershipPlace): boolean {
  if (place.policy === "any") return true;
  if (identity.type === "doubtful") return identity.doubt === "mismatch";
  const isAssigned = place.assignments.some(({ deviceId }) => deviceId === identity.id);
  const isMet = place.known.some(({ id }) => id === identity.id);
  return isAssigned || (place.policy === "known" && isMet);
}

interface OwnershipPlace {
  readonly policy: CollectOptions["devices"];
  readonly known: readonly KnownDevice[];
  readonly assignments: readonly Assignment[];
}

/** The device as it is stored: what it does not tell this time is kept from before. */
export function deviceRow(ours: Identified, before: KnownDevice | null, nowAt: number | null): KnownDevice {
  const { information, identity, match, advertisement } = ours;
  return {
    id: identity.id,
    driver: match.driver.name,
    address: ours.link.address,
    name: advertisement.name ?? before?.name ?? null,
    manufacturer: information.manufacturer ?? before?.manufacturer ?? null,
    model: information.model ?? before?.model ?? null,
    serial: information.serial ?? before?.serial ?? null,
    systemId: genuineSystemId(information.systemId) ?? before?.systemId ?? null,
    firmware: information.firmware ?? before?.firmware ?? null,
    batteryPercent: information.batteryPercent ?? before?.batteryPercent ?? null,
    clockOffsetMs: before?.clockOffsetMs ?? null,
    // Zero is "before the gateway knew the time".
    firstSeenAt: before?.firstSeenAt ?? Math.round(nowAt ?? 0),
    lastSeenAt: before?.lastSeenAt ?? Math.round(nowAt ?? 0),
  };
}

const describe = ({ id, manufacturer, model, serial, firmware, systemId }: KnownDevice): Reading["device"] => ({
  id,
  manufacturer,
  model,
  serial,
  firmware,
  systemId,
});
