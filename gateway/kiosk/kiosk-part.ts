import { ownNames, isEveryAddress, isLoopbackAddress } from "../../cloud-sync/http/loopback.ts";
import type { GatewayListener } from "../gateway-event.ts";
import type { PageSources } from "../page-sources.ts";
import { type Part, runParts } from "../run-parts.ts";
import { loadConsentTexts, standardConsent } from "./consent/consent-texts.ts";
import type { SecretEntry } from "../../cloud-sync/http/secret-line.ts";
import { kioskHttpErrors } from "./http/kiosk-http-error.ts";
import { type KioskFile, readKioskPages } from "./http/kiosk-pages.ts";
import type { KioskParts } from "./http/kiosk-server.ts";
import type { OpenView } from "./http/kiosk-views.ts";
import { readPinFile } from "./http/pin-file.ts";
import { servingPart } from "./http/serving-part.ts";
import { openStaffLogin } from "./http/staff-login.ts";
import type { KioskOptions } from "./kiosk-options.ts";
import { loadRangeTables, standardRanges } from "./ranges/range-table.ts";
import { createStaffDesk, type StaffDeskOptions } from "./staff/create-staff-desk.ts";
import { createHubDesk } from "./staff/create-hub-desk.ts";
import { createVisitDesk } from "./visit/create-visit-desk.ts";
import { defaultVisitOptions, type VisitOptions } from "./visit/visit-options.ts";
import { tellVisits } from "./visit-moments.ts";

export interface KioskPorts {
  /** What is asked of the machine beyond the gateway. */
  readonly answers: (sources: PageSources) => Pick<StaffDeskOptions, "quotaBytes" | "examine" | "bundle">;
  /** Is told where the pages are, and how far a visit is. It must not throw. */
  readonly onEvent?: GatewayListener | undefined;
}

/**
 * The pages of a gateway, with the desks behind them: all that can be wrong with the options is found before the gateway
 * runs. Rejects with `kiosk-open`, `kiosk-page-missing`, `kiosk-staff-file-invalid`, `consent-text-invalid` or
 * `range-table-invalid`.
 */
export async function kioskPart(options: KioskOptions, ports: KioskPorts): Promise<(sources: PageSources) => Part> {
  const { pages, host, tls, pins, consentFile, rangesFile } = options;
  const isLocal = isLoopbackAddress(host);
  if (!isLocal && (pages === "kiosk" || pins !== null) && (tls === null || pins === null)) {
    throw kioskHttpErrors.make("kiosk-open", `${host} is reached from other machines`);
  }
  const material: Material = {
    files: await readKioskPages(pages),
    entries: pins === null ? null : readPinFile(pins),
    visits: {
      ...defaultVisitOptions,
      ...options,
      profile: pages,
      consent: consentFile === null ? standardConsent : loadConsentTexts(consentFile),
      ranges: rangesFile === null ? standardRanges : loadRangeTables(rangesFile),
    },
  };
  return (sources) => ({ name: "kiosk", run: (signal) => runKiosk({ sources, options, ports, material }, signal) });
}

interface Material {
  readonly files: ReadonlyMap<string, KioskFile>;
  readonly entries: readonly SecretEntry[] | null;
  readonly visits: VisitOptions;
}

interface Composition {
  readonly sources: PageSources;
  readonly options: KioskOptions;
  readonly ports: KioskPorts;
  readonly material: Material;
}

/** The server stops first, then staff's desk, then the visit that is under way. */
async function runKiosk({ sources, options, ports, material }: Composition, signal: AbortSignal): Promise<void> {
  const { host, pages, staffIdleMs, staffSessionMs } = options;
  const { files, entries, visits: visitOptions } = material;
  const { onEvent = (): void => undefined } = ports;
  const visits = pages === "hub" ? null : createVisitDesk(sources, visitOptions);
  const answers = ports.answers(sources);
  const staff = createStaffDesk(sources, { ...answers, visits });
  const hub = pages === "hub" ? createHubDesk(sources, answers.quotaBytes) : null;
  const times = { idleMsMax: staffIdleMs, sessionMsMax: staffSessionMs };
  const parts: KioskParts = {
    ...sources,
    ...options,
    kiosk: () => visits?.kiosk() ?? hubOpenView(sources, visitOptions),
    visits,
    staff,
    hub,
    login: entries === null ? null : await openStaffLogin({ ...sources, entries }, times),
    files,
    names: [...ownNames(host), ...options.names],
    isEverywhere: isEveryAddress(host),
    needsStaff: pages === "kiosk" && !isLoopbackAddress(host),
    onStaffChange: (listener) => sources.events.listen(() => listener()),
  };
  const onListening = (url: string): void => onEvent({ type: "pages", url });
  const running = [
    ...(visits === null ? [] : [visits]),
    ...(hub === null ? [] : [hub]),
    staff,
    servingPart(parts, { ...options, onListening }),
  ];
  const untold = visits === null ? null : tellVisits(visits, onEvent);
  try {
    await runParts(running, signal);
  } finally {
    untold?.();
  }
}

/** What everybody sees where nobody is led through a visit. */
const hubOpenView = (sources: PageSources, options: VisitOptions): OpenView => ({
  profile: "hub",
  languages: [...options.languages],
  glucoseUnit: options.glucoseUnit,
  kinds: [...options.kinds],
  emergencyNumber: options.emergencyNumber,
  isBusy: false,
  outOfOrder: sources.supervisor.state().condition === "down" ? "radio-down" : null,
  uplink: sources.forwarder.status().connection === null ? "disconnected" : "connected",
  isDemo: options.isDemo,
  version: sources.version.slice(0, 32),
});
