import type { HubView } from "../../gateway/kiosk/contract/hub-view.ts";
import type { StaffView } from "../../gateway/kiosk/contract/staff-view.ts";
import type { HubSource } from "../../gateway/kiosk/http/kiosk-routes.ts";
import type { StaffDesk } from "../../gateway/kiosk/staff-desk.ts";

/** A staff desk that writes down what it is asked, and by whom. */
export interface ScriptedStaffDesk extends StaffDesk {
  readonly deeds: readonly { readonly deed: string; readonly request: unknown; readonly actor: string }[];
}

/** What only staff may see. */
export const staffMarks = { person: "sim-4242", serial: "SN-STAFF-1" };

export function scriptedStaffDesk(): ScriptedStaffDesk {
  const deeds: { deed: string; request: unknown; actor: string }[] = [];
  const act =
    (deed: string) =>
    async (request: unknown, actor: string): Promise<void> => {
      deeds.push({ deed, request, actor });
    };
  return {
    deeds,
    view: async () => staffView,
    assignHeld: act("assign-held"),
    discardHeld: act("discard-held"),
    saveAssignment: act("save-assignment"),
    endAssignment: act("end-assignment"),
    forgetDevice: act("forget-device"),
    setKiosks: act("set-kiosks"),
    withdrawConsent: act("withdraw-consent"),
    endVisit: (actor) => act("end-visit")(null, actor),
    doctor: async () => [{ name: "radio", state: "ok", told: "It hears devices.", remedy: null, code: null, said: [] }],
    async supportBundle(actor) {
      await act("support-bundle")(null, actor);
      return { name: 'bundle "1".txt', text: "what helps\n" };
    },
  };
}

/** A home hub at which all is well. */
export const scriptedHub = (): HubSource => ({
  view: async (signIn) => ({ ...hubView, signIn }),
  readings: async () => [{ kind: "glucose", text: "104 mg/dL", measuredAt: 0, delivered: true }],
});

const hubView: HubView = {
  light: "green",
  reasons: [],
  gateway: "gw-0001",
  version: "0.0.0",
  uplink: "connected",
  waiting: 0,
  lastDeliveredAt: null,
  devices: [],
  signIn: "none",
  at: 0,
};

const staffView: StaffView = {
  verdict: "all-right",
  alerts: [],
  gateway: "gw-0001",
  version: "0.0.0",
  radio: { kind: "virtual", adapter: "virtual", condition: "up", pairing: [] },
  uplink: { state: "connected", waiting: 0, oldestWaitingAt: null, lastDeliveredAt: null, deadLetters: 0 },
  clock: "trusted",
  store: { readings: 1, held: 0, quarantined: 0, fileBytes: 4096, alarm: null },
  audit: { entries: 0, headDeliveredAt: null },
  visit: null,
  near: [],
  devices: [
    {
      id: "device-1",
      kind: "blood-pressure-monitor",
      name: "BP cuff",
      manufacturer: null,
      model: null,
      serial: staffMarks.serial,
      batteryPercent: 80,
      lastSeenAt: 0,
      rssiDbm: -60,
      clockOffsetMs: 0,
      bond: "bonded",
      isKiosks: true,
      assignments: 1,
    },
  ],
  held: [],
  assignments: [
    {
      id: "a-1",
      deviceId: "device-1",
      userSlot: null,
      person: staffMarks.person,
      fromAt: 0,
      untilAt: null,
      source: "local",
    },
  ],
};
