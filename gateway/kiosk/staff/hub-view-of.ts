import { stands } from "../../care/assignments.ts";
import type { PageSources } from "../../page-sources.ts";
import type { Assignment, KnownDevice, StoredReading } from "../../store/store.ts";
import type { HubReading, HubView } from "../contract/hub-view.ts";
import type { Reading, ReadingQuantity } from "../../../cloud-sync/contract/reading.ts";
import { alertsOf, type Condition } from "./alerts.ts";
import { bondOf, kindOf } from "./device-views.ts";
import { lookUp } from "./gateway-condition.ts";
import type { GatewayWatch } from "./gateway-watch.ts";
import { instantOf } from "./reading-view.ts";

export interface HubPorts {
  readonly sources: PageSources;
  readonly watch: Pick<GatewayWatch, "awaySinceMs" | "lastDeliveredAt">;
  readonly quotaBytes: number | null;
}

const devicesShownMax = 64;
const readingsShownMax = 20;

/** What nobody at home can do anything about: it is the fleet's business, and would make the light useless. */
const elsewhere: ReadonlySet<string> = new Set([
  "readings-held",
  "dead-letters",
  "audit-not-whole",
  "pages-certificate-expiring",
  "pages-certificate-expired",
]);

/** How a home hub is. The light is the worst of the reasons. */
export async function hubViewOf({ sources, watch, quotaBytes }: HubPorts, signIn: HubView["signIn"]): Promise<HubView> {
  const { store, gateway, version, now } = sources;
  const { condition, devices, bonds } = await lookUp({ sources, watch, quotaBytes, auditFault: null });
  const assignments = (await store.assignments()).filter((assignment) => stands(assignment, now()));
  const shown = shownDevices(devices, assignments);
  const { light, reasons } = lightOf(condition, shown.length);
  // A device that hides who it is until it is paired may be the one that nobody has met yet.
  const mayNeedPairing = bonds.some(({ deviceId, state }) => deviceId === null && state === "none");
  return {
    light,
    reasons,
    gateway,
    version,
    uplink: condition.connection === null ? "disconnected" : "connected",
    waiting: condition.backlog.waiting,
    lastDeliveredAt: watch.lastDeliveredAt(),
    devices: shown.map(({ device }) => {
      if (device === null)
        return { kind: null, name: null, lastSeenAt: null, batteryPercent: null, needsPairing: mayNeedPairing };
      const { driver, name, model, lastSeenAt, batteryPercent } = device;
      const needsPairing = (bondOf(device, bonds)?.state ?? "bonded") !== "bonded";
      return { kind: kindOf(driver), name: name ?? model, lastSeenAt, batteryPercent, needsPairing };
    }),
    signIn,
    at: now(),
  };
}

/** `GET /api/hub/readings`: the latest, as a person reads them, and which they are. */
export async function hubReadingsOf({
  store,
}: Pick<PageSources, "store">): Promise<{ readonly ids: readonly string[]; readonly shown: readonly HubReading[] }> {
  const readings = await store.readings({ limit: readingsShownMax });
  return { ids: readings.map(({ reading }) => reading.id), shown: readings.map(hubReadingOf) };
}

const hubReadingOf = ({ reading, state }: StoredReading): HubReading => ({
  kind: reading.kind,
  text: valueText(reading),
  measuredAt: instantOf(reading.time.measured),
  delivered: state === "delivered",
});

function lightOf(condition: Condition, devices: number): Pick<HubView, "light" | "reasons"> {
  const alerts = alertsOf(condition).filter(({ code }) => !elsewhere.has(code));
  const reasons = [...alerts.map(({ code }) => code), ...(devices === 0 ? ["no-devices"] : [])].slice(0, 16);
  if (alerts.some(({ level }) => level === "urgent")) return { light: "red", reasons };
  return { light: reasons.length === 0 ? "green" : "amber", reasons };
}

interface ShownDevice {
  /** Null: it is assigned here, and was never heard. */
  readonly device: KnownDevice | null;
}

/** Those that are somebody's here, and whatever else was read. */
function shownDevices(devices: readonly KnownDevice[], assignments: readonly Assignment[]): readonly ShownDevice[] {
  const known = new Set(devices.map(({ id }) => id));
  const awaited = new Set(assignments.map(({ deviceId }) => deviceId).filter((id) => !known.has(id)));
  return [
    ...devices.toSorted((a, b) => b.lastSeenAt - a.lastSeenAt).map((device) => ({ device })),
    ...[...awaited].map(() => ({ device: null })),
  ].slice(0, devicesShownMax);
}

/** In figures and signs, which every language reads. */
function valueText(reading: Reading): string {
  if (reading.kind !== "blood-pressure") return quantityText(reading.concentration);
  const { systolic, diastolic, pulseRate } = reading;
  const pressure = `${systolic.value}/${diastolic.value} ${systolic.unit}`;
  return pulseRate === null ? pressure : `${pressure} · ${pulseRate.value}/min`;
}

/** As meters show what is beyond their range. */
function quantityText(quantity: ReadingQuantity): string {
  if ("value" in quantity) return `${quantity.value} ${quantity.unit}`;
  if (quantity.absent === "positive-infinity") return `HI (${quantity.unit})`;
  return quantity.absent === "negative-infinity" ? `LO (${quantity.unit})` : `– ${quantity.unit}`;
}
