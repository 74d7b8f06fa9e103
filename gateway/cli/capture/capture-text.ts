import { decodeCharacteristic, fieldsToJson, knownCharacteristics } from "../../../device-drivers/characteristics.ts";
import { fromHex } from "../../../device-drivers/kit/hex.ts";
import type { Scrubbing, SessionFixture, SessionStep } from "../../../device-drivers/ports/session-fixture.ts";
import type { CaptureProgress } from "../../capture/capture-session.ts";
import type { Neighbour } from "../../capture/find-device.ts";
import { tableText } from "../table.ts";
import type { Paint } from "../terminal.ts";

/** How a session goes, in a line. */
export function progressText(progress: CaptureProgress): string {
  if (progress.type === "discovered") return `${progress.characteristics} characteristics`;
  if (progress.type === "heard") return `${progress.read} values read, ${progress.came} came`;
  if (progress.type === "driver") return driverText(progress.driver, progress.device);
  if (progress.type !== "records") return progress.type;
  const { records, expected } = progress;
  if (expected !== null) return `${records} of ${expected} records`;
  return records === 1 ? "one record" : `${records} records`;
}

const driverText = (driver: string | null, device: string): string =>
  driver === null
    ? "exploring: it is read and listened to, and nothing is written to it"
    : `the driver ${driver} collects from ${device === "" ? "it" : device}`;

/** The devices that are near, numbered from 1. */
export function neighboursText(neighbours: readonly Neighbour[], paint: Paint): string {
  return tableText(
    neighbours.map(({ advertisement, driver }, index) => [
      { text: `  ${index + 1}`, right: true },
      { text: advertisement.name ?? "(no name)", style: (text: string) => paint("bold", text) },
      driver ?? "no driver knows it",
      `${Math.round(advertisement.rssiDbm)} dBm`,
      advertisement.address,
    ]),
  );
}

/** What was taken out, and where from. */
export const scrubbedText = (scrubbed: readonly Scrubbing[]): string =>
  tableText(
    scrubbed.map(({ what, where, times }) => [`  ${what.replaceAll("-", " ")}`, placeText(where), `${times}×`]),
  );

/** A whole capture, a line for each step, its values decoded where a decoder knows them. */
export function fixtureText(fixture: SessionFixture, paint: Paint): string {
  const { advertisement, scrubbed } = fixture;
  const facts = [
    ["device", fixture.device === "" ? "unknown" : fixture.device],
    ["driver", fixture.profile],
    ["name", advertisement.name ?? "none"],
    ["services", advertisement.services.join(", ")],
    ["ended", fixture.outcome],
    ["dates", fixture.dates_shifted ? "moved" : "as they were"],
  ];
  const heads = tableText(
    facts.map(([fact = "", value = ""]) => [{ text: fact, style: (text) => paint("dim", text) }, value]),
  );
  const taken = scrubbed.length === 0 ? "  nothing: it still names its device\n" : scrubbedText(scrubbed);
  const steps = tableText(fixture.session.map((step) => [...stepCells(step)]));
  return `${heads}\n${paint("bold", "Taken out")}\n${taken}\n${paint("bold", "What passed")}\n${steps}`;
}

const stepCells = (step: SessionStep): readonly string[] => [
  `  ${((step.at_ms ?? 0) / 1000).toFixed(3)}`,
  step.op,
  step.char === undefined ? (step.by ?? "") : placeText(step.char),
  valueText(step),
];

function valueText(step: SessionStep): string {
  if (step.att_error !== undefined) return `refused: ATT error 0x${step.att_error.toString(16).padStart(2, "0")}`;
  if (step.failed !== undefined) return `failed: ${step.failed}`;
  if (step.value !== undefined) return step.value;
  const bytes = fromHex(step.hex ?? "");
  if (bytes === null || step.char === undefined) return "";
  const decoded = decodeCharacteristic(step.char, bytes, step.op === "write" ? "tx" : "rx");
  return decoded.ok ? `${step.hex}  ${fieldsToJson(decoded.value)}` : (step.hex ?? "");
}

const names: ReadonlyMap<string, string> = new Map(knownCharacteristics.map(({ uuid, name }) => [uuid, name]));

function placeText(where: string): string {
  const name = names.get(where);
  return name === undefined ? where : `${name} (${where})`;
}
