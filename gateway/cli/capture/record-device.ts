import { existsSync } from "node:fs";
import { captureErrors } from "../../capture/capture-error.ts";
import { captureSession } from "../../capture/capture-session.ts";
import type { CaptureProgress } from "../../capture/capture-session.ts";
import { findDevices } from "../../capture/find-device.ts";
import type { Neighbour } from "../../capture/find-device.ts";
import { fixtureOf, writeFixture } from "../../capture/fixture.ts";
import { radioOptionsOf } from "../../config/gateway-options-of.ts";
import { loadRadioConfig } from "../../config/load-config.ts";
import type { DeviceDateTime } from "../../../device-drivers/measurement/device-time.ts";
import type { SessionFixture } from "../../../device-drivers/ports/session-fixture.ts";
import type { ManagedRadio } from "../../radio/managed-radio.ts";
import { openRadios } from "../../radio/open-radio.ts";
import { systemClock } from "../../system-clock.ts";
import { failureOf, failureText } from "../failure.ts";
import { processLog } from "../process-log.ts";
import type { Terminal } from "../terminal.ts";
import { version } from "../version.ts";
import { progressText, scrubbedText } from "./capture-text.ts";
import { chooseDevice } from "./choose-device.ts";

export interface RecordingOptions {
  readonly config: string | null;
  readonly radioKind: string | null;
  readonly address: string | null;
  readonly listenMs: number;
  readonly explore: boolean;
  readonly sessionMs: number | null;
  readonly setsClock: boolean;
  readonly output: string | null;
  readonly shiftDays: number;
  readonly raw: boolean;
  readonly withIdentity: boolean;
  readonly json: boolean;
}

const driverMs = 120_000;
const exploreMs = 30_000;

/**
 * Finds the device, records its session and writes the file. Resolves with the exit code: 1 where the session ended early.
 * @throws CarepostError what kept it from recording anything
 */
export async function recordDevice(options: RecordingOptions, terminal: Terminal, signal: AbortSignal): Promise<0 | 1> {
  const { output, raw, withIdentity } = options;
  if (raw && !withIdentity)
    throw captureErrors.make("capture-raw-refused", "--raw alone keeps nothing back, so it is not taken");
  if (output !== null && existsSync(output))
    throw captureErrors.make("capture-unwritable", `${output} is there already`);
  if (raw) terminal.note("The file will name the device, and with it its owner: keep it to yourself.\n");
  const { radios, kind } = await openConfigured(options);
  try {
    const [radio] = radios;
    if (radio === undefined) throw captureErrors.make("capture-nothing-heard", "no radio is configured");
    return await recordOver({ radio, kind, terminal }, options, signal);
  } finally {
    for (const radio of radios) await radio.close();
  }
}

interface Place {
  readonly radio: ManagedRadio;
  readonly kind: string;
  readonly terminal: Terminal;
}

async function recordOver(place: Place, options: RecordingOptions, signal: AbortSignal): Promise<0 | 1> {
  const { radio, terminal } = place;
  const { advertisement, driver } = await findOne(place, options, signal);
  if (driver === "blood-pressure") terminal.note(forgetfulText);
  const isKnown = driver !== null && !options.explore;
  const session = await captureSession(
    { radio, clock: systemClock, tell: teller(terminal) },
    {
      advertisement,
      explore: options.explore,
      sessionMs: options.sessionMs ?? (isKnown ? driverMs : exploreMs),
      localTime: () => (options.setsClock ? localTimeNow() : null),
    },
    signal,
  );
  const fixture = fixtureOf(session, {
    shiftDays: options.shiftDays,
    raw: options.raw,
    version: version(),
    radio: place.kind,
  });
  const file = options.output ?? freeName(fixture.id);
  writeFixture(file, fixture);
  if (options.json) await terminal.out(`${JSON.stringify(resultOf(file, fixture))}\n`);
  else await terminal.out(writtenText(file, fixture, terminal));
  if (session.failure === null) return 0;
  terminal.note(failureText(failureOf(session.failure), terminal.paintNote, terminal.columnsNote));
  return 1;
}

const forgetfulText =
  "Some cuffs forget a reading once it was shown. Let your gateway read it first: what is captured is no reading of it.\n";

async function openConfigured({
  config,
  radioKind,
}: RecordingOptions): Promise<{ radios: readonly ManagedRadio[]; kind: string }> {
  const flags = radioKind === null ? [] : [{ flag: "--radio", key: "radio.kind", text: radioKind }];
  const loaded = loadRadioConfig({ path: config, environment: process.env, folder: process.cwd(), flags });
  const { radio } = loaded.config;
  const radios = await openRadios(radioOptionsOf(radio), { clock: systemClock, log: processLog("error") });
  return { radios, kind: radio.kind };
}

async function findOne({ radio, terminal }: Place, options: RecordingOptions, signal: AbortSignal): Promise<Neighbour> {
  const { address, listenMs } = options;
  const whom = address === null ? "devices" : "it";
  terminal.note(`Listening for ${whom}, up to ${listenMs / 1000} s; wake the device up now.\n`);
  const search = { radio, clock: systemClock, address, listenMs };
  return await chooseDevice(await findDevices(search, signal), terminal, signal);
}

/** A line for each stage; counts go on in one line where a terminal shows it. */
function teller(terminal: Terminal): (progress: CaptureProgress) => void {
  let isCounting = false;
  return (progress) => {
    const text = progressText(progress);
    const counts = progress.type === "heard" || progress.type === "records";
    if (counts && !terminal.showsProgress) return;
    terminal.note(`${isCounting && !counts ? "\n" : ""}${counts ? "\r" : ""}  ${text}${counts ? "" : "\n"}`);
    isCounting = counts;
  };
}

function writtenText(file: string, fixture: SessionFixture, { paint }: Terminal): string {
  const { records, steps } = resultOf(file, fixture);
  const counted = `${records === 1 ? "one record" : `${records} records`} in ${steps} steps`;
  const taken =
    fixture.scrubbed.length === 0
      ? "Nothing was taken out: it names the device.\n"
      : `Taken out:\n${scrubbedText(fixture.scrubbed)}`;
  return `\n${paint("bold", file)}: ${counted}\n${taken}Look before you give it away: carepost capture --show ${file}\n`;
}

interface RecordingResult {
  readonly file: string;
  readonly id: string;
  readonly profile: string;
  readonly device: string;
  readonly records: number;
  readonly steps: number;
  readonly outcome: string;
  readonly scrubbed: SessionFixture["scrubbed"];
}

const resultOf = (
  file: string,
  { id, profile, device, expected, session, outcome, scrubbed }: SessionFixture,
): RecordingResult => ({
  file,
  id,
  profile,
  device,
  records: expected.records,
  steps: session.length,
  outcome,
  scrubbed,
});

function freeName(id: string): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? `${id}.json` : `${id}-${number}.json`;
    if (!existsSync(name)) return name;
  }
}

/** The machine's own time and zone: who captures stands beside the device. */
function localTimeNow(): DeviceDateTime {
  const now = new Date();
  return {
    year: now.getFullYear(),
    month: now.getMonth() + 1,
    day: now.getDate(),
    hours: now.getHours(),
    minutes: now.getMinutes(),
    seconds: now.getSeconds(),
  };
}
