import { codeSystem, identifierSystem, mdcConcept, phdProfileUrl } from "./code-systems.ts";
import type { FhirElement, FhirResource } from "./fhir-json.ts";
import type { FhirDevice, FhirGateway, Finding } from "./finding.ts";
import { type Identifier, identifierElement } from "./identifiers.ts";

/** The gateway as a Device (PhgDevice), under the identifier by which a server is to find it. */
export function gatewayDevice(gateway: FhirGateway): { readonly key: Identifier; readonly resource: FhirResource } {
  const own: Identifier = { system: identifierSystem.gateway, value: gateway.id };
  const sync = gateway.timeSync === "ntp" ? timeSync.ntp : timeSync.none;
  const resource = {
    resourceType: "Device",
    meta: { profile: [phdProfileUrl("PhgDevice")] },
    identifier: [...systemIdentifiers(gateway.systemId), identifierElement(own)],
    type: mdcConcept("531981", "MDC_MOC_VMS_MDS_AHD"),
    specialization: [specialization("528457", "MDC_DEV_SPEC_PROFILE_GENERIC")],
    version: [version("531975", "MDC_ID_PROD_SPEC_SW", gateway.softwareVersion ?? notTold)],
    property: [{ type: mdcConcept("68220", "MDC_TIME_SYNC_PROTOCOL"), valueCode: [sync] }],
  };
  return { key: systemIdKey(gateway.systemId) ?? own, resource };
}

const timeSync = {
  ntp: mdcConcept("532226", "MDC_TIME_SYNC_NTPV4"),
  none: mdcConcept("532224", "MDC_TIME_SYNC_NONE"),
};

/** The meter or the cuff as a Device (PhdDevice), with a specialization for each kind that it measured. */
export function measuringDevice(
  device: FhirDevice,
  kinds: readonly Finding["kind"][],
): { readonly key: Identifier; readonly resource: FhirResource } {
  const own: Identifier = { system: identifierSystem.device, value: device.id };
  const { systemId, bluetoothAddress, manufacturer, model, serial, firmware, hardware, software } = device;
  const versions = [
    ...(firmware === null ? [] : [version("531976", "MDC_ID_PROD_SPEC_FW", firmware)]),
    ...(software === null ? [] : [version("531975", "MDC_ID_PROD_SPEC_SW", software)]),
    ...(hardware === null ? [] : [version("531974", "MDC_ID_PROD_SPEC_HW", hardware)]),
  ];
  const special = new Set(kinds.map((kind) => specializations[kind]));
  const resource = {
    resourceType: "Device",
    meta: { profile: [phdProfileUrl("PhdDevice")] },
    identifier: [
      ...systemIdentifiers(systemId),
      ...(systemId === null ? [identifierElement(own)] : []),
      ...(bluetoothAddress === null ? [] : [addressIdentifier(bluetoothAddress)]),
    ],
    manufacturer: manufacturer ?? notTold,
    ...(serial === null ? {} : { serialNumber: serial }),
    modelNumber: model ?? notTold,
    type: mdcConcept("65573", "MDC_MOC_VMS_MDS_SIMP"),
    specialization: Array.from(special, ([mdc, name]) => specialization(mdc, name)),
    ...(versions.length === 0 ? {} : { version: versions }),
  };
  return { key: systemIdKey(systemId) ?? own, resource };
}

const glucoseMeter = ["528401", "MDC_DEV_SPEC_PROFILE_GLUCOSE"] as const;
const specializations: Readonly<Record<Finding["kind"], readonly [mdc: string, name: string]>> = {
  glucose: glucoseMeter,
  ketone: glucoseMeter,
  "blood-pressure": ["528391", "MDC_DEV_SPEC_PROFILE_BP"],
};

/** The profiles require a manufacturer, a model and a gateway's version, also of who does not tell them. */
const notTold = "unknown";

const systemIdKey = (systemId: string | null): Identifier | null =>
  systemId === null ? null : { system: identifierSystem.eui64, value: octetPairs(systemId) };

function systemIdentifiers(systemId: string | null): readonly FhirElement[] {
  const key = systemIdKey(systemId);
  return key === null ? [] : [{ type: deviceIdentifierType("SYSID"), ...identifierElement(key) }];
}

const addressIdentifier = (address: string): FhirElement => ({
  type: deviceIdentifierType("BTMAC"),
  system: identifierSystem.bluetoothAddress,
  value: octetPairs(address),
});

const deviceIdentifierType = (code: string): FhirElement => ({
  coding: [{ system: codeSystem.deviceIdentifiers, code }],
});

/** "C05349FFFE4D0001" is "C0-53-49-FF-FE-4D-00-01". */
const octetPairs = (hex: string): string => hex.toUpperCase().replaceAll(/(?<=^(?:..)+)(?=.)/g, "-");

/** None of the specifications has a later version that a device of these profiles could name. */
const specialization = (mdc: string, name: string): FhirElement => ({
  systemType: mdcConcept(mdc, name),
  version: "1",
});

const version = (mdc: string, name: string, value: string): FhirElement => ({ type: mdcConcept(mdc, name), value });
