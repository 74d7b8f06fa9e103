import { matchAdvertisement, matchDevice } from "../../device-drivers/catalogue.ts";
import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { DeviceInformation, DriverMatch, DriverSession } from "../../device-drivers/kit/driver.ts";
import { attTransactionMs, withinTime } from "../../device-drivers/kit/guarded-link.ts";
import type { DeviceDateTime } from "../../device-drivers/measurement/device-time.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { Advertisement, GattCharacteristic, GattLink, Radio } from "../../device-drivers/ports/gatt.ts";
import { sessionStepsMax } from "../../device-drivers/ports/session-fixture.ts";
import type { SessionStep } from "../../device-drivers/ports/session-fixture.ts";
import { readDeviceInformation } from "../../device-drivers/profiles/device-information/read-information.ts";
import { asCarepostError, runDriver } from "../collect/driver-run.ts";
import { captureErrors } from "./capture-error.ts";
import { explore } from "./explore.ts";
import type { ExplorePorts } from "./explore.ts";
import { recordRadio } from "./recording-radio.ts";
import { SessionRecorder } from "./session-recorder.ts";

export interface CapturePorts {
  readonly radio: Radio;
  readonly clock: Clock;
  /** Told as the session goes on. */
  readonly tell: (progress: CaptureProgress) => void;
}

export interface CaptureRequest {
  readonly advertisement: Advertisement;
  /** Explore it also where a driver fits. */
  readonly explore: boolean;
  /** The session is over after this long. */
  readonly sessionMs: number;
  /** What the device's clock may be set to, where its driver wants that; null leaves it alone. */
  readonly localTime: () => DeviceDateTime | null;
}

export type CaptureProgress =
  | { readonly type: "connecting" | "connected" }
  | { readonly type: "discovered"; readonly characteristics: number }
  | { readonly type: "driver"; readonly driver: string | null; readonly device: string }
  | { readonly type: "heard"; readonly read: number; readonly came: number }
  | { readonly type: "records"; readonly records: number; readonly expected: number | null };

/** All that was learnt of one session, with the device's identity still in it. */
export interface CapturedSession {
  readonly advertisement: Advertisement;
  readonly address: string;
  readonly addressKind: Advertisement["addressKind"];
  readonly bonded: boolean;
  readonly characteristics: readonly GattCharacteristic[];
  readonly steps: readonly SessionStep[];
  /** Null where the device was explored. */
  readonly driver: string | null;
  readonly records: number;
  /** Why it ended early; null if it did not. */
  readonly failure: CarepostError | null;
}

const connectMsMax = 40_000;
const valueOctetsMax = 2 ** 20;

/**
 * One session with a device, recorded: its driver collects as it would in a gateway, or it is explored. What was recorded
 * before a failure or an abortion is worth having, so neither rejects once the link was made.
 *
 * @throws CarepostError `gattErrors` if the device cannot be connected to; `capture-unpaired` if it ends the link before
 * it has told anything
 */
export async function captureSession(
  ports: CapturePorts,
  request: CaptureRequest,
  signal: AbortSignal,
): Promise<CapturedSession> {
  const { clock, tell } = ports;
  const recorder = new SessionRecorder(clock, { stepsMax: sessionStepsMax - 1, valueOctetsMax });
  const radio = recordRadio(ports.radio, recorder);
  tell({ type: "connecting" });
  const limit = { clock, limitMs: connectMsMax, signal };
  const link = await withinTime(limit, (limited) => radio.connect(request.advertisement.address, limited)).catch(
    (error: unknown) => {
      throw endedAtOnce(error) ? unpaired("the device ends the connection at once", error) : error;
    },
  );
  tell({ type: "connected" });
  const { address, addressKind, bonded } = link;
  const course: Course = { characteristics: [], driver: null, records: 0 };
  let failure: CarepostError | null = null;
  try {
    const bounded = AbortSignal.any([signal, recorder.full]);
    await runSession({ ...ports, link, course }, request, bounded);
  } catch (error) {
    failure = failureOf(error, signal, recorder.full);
  } finally {
    await link.close();
  }
  if (!bonded && !recorder.steps.some(tells) && gattErrors.is(failure, "link-lost", "bond-lost")) {
    throw unpaired("the device tells nothing", failure);
  }
  const { advertisement } = request;
  return { advertisement, address, addressKind, bonded, ...course, steps: recorder.steps, failure };
}

/** An unpaired device may be gone so soon that not even its services are known. */
const endedAtOnce = (error: unknown): boolean =>
  gattErrors.is(error, "connect-timeout") && error.context["endedAtOnce"] === true;

const unpaired = (what: string, cause: unknown): CarepostError =>
  captureErrors.make("capture-unpaired", `${what}, as one does that nobody has paired`, { cause });

const tells = ({ op, hex }: SessionStep): boolean => op !== "write" && hex !== undefined;

function failureOf(error: unknown, signal: AbortSignal, full: AbortSignal): CarepostError {
  if (full.aborted) return captureErrors.make("capture-full", "the device sent more than a capture holds");
  if (signal.aborted) return captureErrors.make("capture-interrupted", "the capture was interrupted");
  return asCarepostError(error);
}

interface Course {
  characteristics: readonly GattCharacteristic[];
  driver: string | null;
  records: number;
}

interface SessionPorts extends CapturePorts {
  readonly link: GattLink;
  readonly course: Course;
}

async function runSession(ports: SessionPorts, request: CaptureRequest, signal: AbortSignal): Promise<void> {
  const { link, clock, course, tell } = ports;
  const limit = { clock, limitMs: attTransactionMs, signal };
  const characteristics = await withinTime(limit, (bounded) => link.discover(bounded));
  course.characteristics = characteristics;
  tell({ type: "discovered", characteristics: characteristics.length });
  const information = await withinTime(limit, (bounded) =>
    readDeviceInformation({ link, characteristics, signal: bounded }),
  );
  const services = [...new Set(characteristics.map(({ service }) => service))];
  const match = request.explore ? null : matchDevice(services, information);
  course.driver = match?.driver.name ?? null;
  tell({ type: "driver", driver: course.driver, device: deviceText(information) });
  const over = new AbortController();
  const expiry = clock.sleep(request.sessionMs, over.signal).then(
    () => over.abort(captureErrors.make("capture-time-up", "the device had not shown all when the time was up")),
    () => undefined,
  );
  try {
    const limited = AbortSignal.any([signal, over.signal]);
    const tellHeard: ExplorePorts["tell"] = (heard) => tell({ type: "heard", ...heard });
    if (match === null) course.records = await explore({ link, clock, characteristics, tell: tellHeard }, limited);
    else await drive(ports, { match, information, localTime: request.localTime }, limited);
  } finally {
    over.abort();
    await expiry;
  }
}

interface Drive {
  readonly match: DriverMatch;
  readonly information: DeviceInformation;
  readonly localTime: CaptureRequest["localTime"];
}

/** As in a gateway that meets the device for the first time. */
async function drive(
  { link, clock, course, tell }: SessionPorts,
  { match, information, localTime }: Drive,
  signal: AbortSignal,
): Promise<void> {
  const session: DriverSession = {
    link,
    clock,
    characteristics: course.characteristics,
    information,
    quirks: match.quirks,
    history: { lastSequenceNumber: null, lastDeviceTime: null },
    localTime,
    signal,
  };
  let expected: number | null = null;
  await runDriver(match.driver, session, (observed) => {
    if (observed.type === "expected") expected = observed.records;
    else if (observed.type !== "clock") course.records += 1;
    tell({ type: "records", records: course.records, expected });
    return Promise.resolve();
  });
}

/** Maker and model; empty where it says neither. */
const deviceText = ({ manufacturer, model }: DeviceInformation): string =>
  [manufacturer, model].filter((text) => text !== null).join(" ");

/** What a device that is heard seems to be: the driver's name, or null. */
export const seemsToBe = (advertisement: Advertisement): string | null =>
  matchAdvertisement(advertisement)?.name ?? null;
