import type { Reading } from "../contract/reading.ts";
import type { Collection } from "./bundle.ts";
import { identifierSystem } from "./code-systems.ts";
import { fhirErrors } from "./fhir-error.ts";
import { fhirDateTime, inZoneOf, isFhirInstant, secondsSince2000, shifted } from "./fhir-time.ts";
import type { Coincidence, FhirDevice, FhirGateway, FhirPerson, Finding, FindingBasics } from "./finding.ts";
import type { FhirProfiles } from "./observation.ts";
import { timeFault } from "./status-codes.ts";

export interface ReadingMapping {
  readonly gateway: FhirGateway;
  readonly profiles: FhirProfiles;
  /** Where the reading's person references come from, if a server knows them by an identifier system of its own. */
  readonly personSystem?: string | undefined;
}

/**
 * A reading of the delivery contract as the content of a bundle of its own.
 *
 * @throws CarepostError `fhir-time-unknown` for a reading that nobody can date: the guide lets it be left out or sent
 * without a time, and a value in a chart that nobody can place in time does more harm than one that is held
 */
export function collectionOfReading(reading: Reading, mapping: ReadingMapping): Collection {
  const { received, measured } = reading.time;
  return {
    gateway: mapping.gateway,
    device: deviceOf(reading.device),
    findings: [findingOf(reading, mapping)],
    recorded: received === null || !isFhirInstant(Date.parse(received)) ? null : inZone(received, measured),
    profiles: mapping.profiles,
  };
}

function findingOf(reading: Reading, mapping: ReadingMapping): Finding {
  const basics = basicsOf(reading, mapping.personSystem ?? identifierSystem.person);
  if (reading.kind === "blood-pressure") {
    const { kind, systolic, diastolic, meanArterialPressure, pulseRate } = reading;
    return { ...basics, kind, systolic, diastolic, meanArterialPressure, pulseRate };
  }
  const { kind, concentration, sampleType, sampleLocation, controlSolution, context } = reading;
  return { ...basics, kind, concentration, sampleType, sampleLocation, controlSolution, context };
}

function basicsOf(reading: Reading, personSystem: string): FindingBasics {
  const { id, person, time, sequenceNumber, status } = reading;
  if (time.measured === null || !isFhirInstant(Date.parse(time.measured))) {
    throw fhirErrors.make("fhir-time-unknown", "nobody can say when this was measured");
  }
  const shown = time.basis === "received" || time.device === null ? null : secondsSince2000(time.device);
  return {
    id,
    person: person === null ? null : logicalPerson(personSystem, person),
    effective: fhirDateTime(time.measured),
    deviceSeconds: shown === null ? null : shown + 60 * (time.deviceOffsetMin ?? 0),
    coincidence: shown === null ? null : coincidenceOf(reading),
    sequenceNumber,
    status,
  };
}

const logicalPerson = (system: string, value: string): FhirPerson => ({ type: "identifier", system, value });

function coincidenceOf({ time, status }: Reading): Coincidence | null {
  const { received, measured, clockOffsetMs } = time;
  if (received === null || !isFhirInstant(Date.parse(received))) return null;
  const gatewayTime = wholeSecond(inZone(received, measured));
  const isKnown =
    clockOffsetMs !== null && isFhirInstant(Date.parse(received) - clockOffsetMs) && !status.includes(timeFault);
  return { gatewayTime, deviceTime: isKnown ? wholeSecond(shifted(gatewayTime, -clockOffsetMs)) : null };
}

/** Device clocks tell seconds; and what a gateway got within one second is of one connection. */
const wholeSecond = (dateTime: string): string => dateTime.replace(/\.\d+/, "");

/** The contract's time of receipt is in UTC; only the measured instant has the site's offset. */
const inZone = (received: string, measured: string | null): string =>
  measured === null ? fhirDateTime(received) : inZoneOf(measured, received);

/** A System ID that is a filler tells nobody who a device is: then the reading's device is known by something else. */
function deviceOf({ id, manufacturer, model, serial, firmware, systemId }: Reading["device"]): FhirDevice {
  return {
    id: plainText(id) ?? "",
    systemId: id === `system-id:${systemId}` ? systemId : null,
    bluetoothAddress: null,
    manufacturer: plainText(manufacturer),
    model: plainText(model),
    serial: plainText(serial),
    firmware: plainText(firmware),
    hardware: null,
    software: null,
  };
}

/** Without control characters, which a FHIR string may not hold, and halves of surrogate pairs; null if nothing is left. */
function plainText(text: string | null): string | null {
  const plain =
    text
      ?.toWellFormed()
      .replaceAll(/\p{Cc}/gu, "")
      .trim() ?? "";
  return plain === "" ? null : plain;
}
