import { bundleOf } from "../../../cloud-sync/fhir/bundle.ts";
import { fhirErrors } from "../../../cloud-sync/fhir/fhir-error.ts";
import { fhirDateTime } from "../../../cloud-sync/fhir/fhir-time.ts";
import { fhirText } from "../../../cloud-sync/fhir/fhir-json.ts";
import type { FhirGateway, Finding } from "../../../cloud-sync/fhir/finding.ts";
import type { FhirProfiles } from "../../../cloud-sync/fhir/observation.ts";
import { cliErrors } from "../cli-error.ts";
import { FindingMaker } from "./finding-maker.ts";
import { glucoseFindings } from "./glucose-findings.ts";
import { lineDevice } from "./line-device.ts";
import { lineFrames, plainSystemId } from "./line-frames.ts";
import { linePeople } from "./line-people.ts";
import { fhirLine, type FhirLine } from "./line-schema.ts";
import { lineTime } from "./line-time.ts";
import { pressureFindings } from "./pressure-findings.ts";

/**
 * The transaction bundle of one line of JSON, as one line of JSON. The same line always gives the same bundle.
 *
 * @throws CarepostError `fhir-line-invalid`, and what its frames throw
 */
export function lineBundle(text: string, profiles: FhirProfiles): string {
  const line = parsedLine(text);
  const frames = lineFrames(line.frames);
  const time = lineTime(line, frames.clock);
  const device = lineDevice(line, frames.information);
  const maker = new FindingMaker(line, { device, time, people: linePeople(line) });
  const isGlucose = ({ characteristic }: { characteristic: string }): boolean => /^2A(?:18|34)$/.test(characteristic);
  const findings: readonly Finding[] = [
    ...glucoseFindings(frames.records.filter(isGlucose), maker),
    ...pressureFindings(
      frames.records.filter((frame) => !isGlucose(frame)),
      frames.hasCrc,
      maker,
    ),
  ];
  const bundle = bundleOf({
    gateway: gatewayOf(line),
    device: device.fhir,
    findings: oneClockFault(findings.filter(tellsSomething)),
    recorded: time.receivedAt === null ? null : fhirDateTime(time.zone.iso(time.receivedAt)),
    profiles,
  });
  if (findings.some(tellsSomething)) return fhirText(bundle);
  throw fhirErrors.make("fhir-nothing-to-map", "no frame of the line holds a measurement");
}

function parsedLine(text: string): FhirLine {
  const parsed = fhirLine.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "line"}: ${message}`);
  throw cliErrors.make("fhir-line-invalid", faults.slice(0, 4).join("; "));
}

function jsonOf(text: string): unknown {
  try {
    // Trimmed also of a byte order mark, which RFC 8259 (8.1) lets a reader ignore: files are put together of files.
    return JSON.parse(text.trim());
  } catch (error) {
    throw cliErrors.make("fhir-line-invalid", "the line is not JSON", { cause: error });
  }
}

function gatewayOf({ gateway }: FhirLine): FhirGateway {
  const { id, version, timeSync } = gateway;
  const systemId = plainSystemId(gateway.systemId);
  const known = id ?? systemId;
  if (known === null) throw cliErrors.make("fhir-line-invalid", "gateway: its systemId is a filler, so it needs an id");
  return { id: known, systemId, softwareVersion: version ?? null, timeSync: timeSync ?? "ntp" };
}

/** A glucose record that holds no concentration may still tell its flags or what was eaten with it. */
const tellsSomething = (finding: Finding): boolean =>
  finding.kind === "blood-pressure" ||
  finding.concentration !== null ||
  finding.context !== null ||
  finding.status.length > 0;

/** There is one coincident time stamp in a connection, so a fault of the clock is one for all that came with it. */
function oneClockFault(findings: readonly Finding[]): readonly Finding[] {
  const faulty = findings.find(({ coincidence }) => coincidence?.deviceTime === null)?.coincidence ?? null;
  if (faulty === null) return findings;
  return findings.map((finding) => (finding.coincidence === null ? finding : { ...finding, coincidence: faulty }));
}
