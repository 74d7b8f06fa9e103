import type { HubReading, HubView } from "../../gateway/kiosk/contract/hub-view.ts";
import type {
  AssignmentView,
  HeldReading,
  StaffAlert,
  StaffDevice,
  StaffView,
} from "../../gateway/kiosk/contract/staff-view.ts";

/** What staff and a home see, as a gateway might say it. Times are relative to `now`. */
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const cuff = (now: number): StaffDevice => ({
  id: "cuff-1",
  kind: "blood-pressure-monitor",
  name: "UA-651BLE",
  manufacturer: "A&D Medical",
  model: "UA-651BLE",
  serial: "SN-5120311",
  batteryPercent: 85,
  lastSeenAt: now - 4 * minuteMs,
  rssiDbm: -58,
  clockOffsetMs: 1_500,
  bond: "bonded",
  isKiosks: true,
  assignments: 0,
});

const meter = (now: number): StaffDevice => ({
  id: "meter-1",
  kind: "blood-glucose-meter",
  name: "Contour Next",
  manufacturer: "Ascensia",
  model: "7901",
  serial: "SN-7788990",
  batteryPercent: 72,
  lastSeenAt: now - 26 * hourMs,
  rssiDbm: null,
  clockOffsetMs: -3_720_000,
  bond: "bonded",
  isKiosks: false,
  assignments: 1,
});

const assignment = (now: number): AssignmentView => ({
  id: "assignment-1",
  deviceId: "meter-1",
  userSlot: null,
  person: "sim-0007",
  fromAt: now - 30 * 24 * hourMs,
  untilAt: null,
  source: "local",
});

/** A store in which all is well. */
export function calmView(now: number): StaffView {
  return {
    verdict: "all-right",
    alerts: [],
    gateway: "store-0412",
    version: "0.5.0",
    radio: { kind: "bluez", adapter: "hci0", condition: "up", pairing: ["just-works", "passkey-entry"] },
    uplink: {
      state: "connected",
      waiting: 0,
      oldestWaitingAt: null,
      lastDeliveredAt: now - 3 * minuteMs,
      deadLetters: 0,
    },
    clock: "trusted",
    store: { readings: 12_840, held: 0, quarantined: 2, fileBytes: 14_680_064, alarm: null },
    audit: { entries: 4_211, headDeliveredAt: now - 20 * minuteMs },
    visit: null,
    near: [
      { name: "UA-651BLE", driver: "blood-pressure", rssiDbm: -58, deviceId: "cuff-1", heardAgoMs: 800 },
      { name: "Accu-Chek", driver: "glucose", rssiDbm: -81, deviceId: null, heardAgoMs: 2_400 },
      { name: null, driver: null, rssiDbm: -90, deviceId: null, heardAgoMs: 5_000 },
      { name: "Earbuds", driver: null, rssiDbm: -77, deviceId: null, heardAgoMs: 900 },
    ],
    devices: [cuff(now), meter(now)],
    held: [],
    assignments: [assignment(now), { ...assignment(now), id: "assignment-2", person: "sim-0031", source: "roster" }],
  };
}

const held = (now: number, number: number): HeldReading => ({
  reading: {
    id: `00000000-0000-4000-8000-00000000000${number}`,
    kind: number === 2 ? "glucose" : "blood-pressure",
    systolic: number === 2 ? null : { value: "128", unit: "mmHg", absent: null },
    diastolic: number === 2 ? null : { value: "82", unit: "mmHg", absent: null },
    pulseRate: number === 2 ? null : { value: "71", unit: "/min", absent: null },
    concentration: number === 2 ? { value: "104", unit: "mg/dL", absent: null } : null,
    measuredAt: number === 3 ? null : now - number * 47 * minuteMs,
    remarks: [],
    controlSolution: false,
    userSlot: number === 2 ? null : number,
    note: null,
    delivery: "held",
  },
  deviceId: number === 2 ? "meter-1" : "cuff-1",
  deviceName: number === 2 ? "Contour Next" : "UA-651BLE",
  receivedAt: number === 3 ? null : now - number * 46 * minuteMs,
});

export const alert = (code: string, level: StaffAlert["level"] = "attention"): StaffAlert => ({
  code,
  level,
  told: `What the program says of ${code}.`,
  remedy: `What it advises on ${code}.`,
});

/** A store with several things to do: none of them urgent. */
export function busyView(now: number): StaffView {
  const calm = calmView(now);
  return {
    ...calm,
    verdict: "attention",
    alerts: [alert("uplink-away"), alert("bond-lost"), alert("battery-low"), alert("readings-held")],
    uplink: { ...calm.uplink, state: "disconnected", waiting: 18, oldestWaitingAt: now - 95 * minuteMs },
    store: { ...calm.store, held: 3 },
    visit: { step: "measure", startedAt: now - 2 * minuteMs },
    devices: [
      { ...cuff(now), batteryPercent: 15 },
      { ...meter(now), bond: "lost" },
    ],
    held: [held(now, 1), held(now, 2), held(now, 3)],
  };
}

/** A store whose radio is gone. */
export function urgentView(now: number): StaffView {
  const calm = calmView(now);
  return {
    ...calm,
    verdict: "urgent",
    alerts: [alert("radio-down", "urgent")],
    radio: { ...calm.radio, condition: "down" },
    near: [],
    devices: calm.devices.map((device) => Object.assign(device, { rssiDbm: null })),
  };
}

export function hubSample(now: number, changes: Partial<HubView> = {}): HubView {
  return {
    light: "green",
    reasons: [],
    gateway: "home-0001",
    version: "0.5.0",
    uplink: "connected",
    waiting: 0,
    lastDeliveredAt: now - 3 * hourMs,
    devices: [
      {
        kind: "blood-pressure-monitor",
        name: "UA-651BLE",
        lastSeenAt: now - 3 * hourMs,
        batteryPercent: 80,
        needsPairing: false,
      },
      { kind: "blood-glucose-meter", name: null, lastSeenAt: null, batteryPercent: null, needsPairing: false },
    ],
    signIn: "signed-out",
    at: now,
    ...changes,
  };
}

export const hubReadings = (now: number): readonly HubReading[] => [
  { kind: "blood-pressure", text: "128/82 mmHg · 71/min", measuredAt: now - 3 * hourMs, delivered: true },
  { kind: "glucose", text: "104 mg/dL", measuredAt: null, delivered: false },
];
