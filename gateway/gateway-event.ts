import type { Reading } from "../cloud-sync/contract/reading.ts";
import type { RadioTrouble } from "./collect/radio-watch.ts";
import type { RepairStep } from "./collect/repair-ladder.ts";
import type { DeviceKind, VisitStep } from "./kiosk/contract/visit-view.ts";
import type { AddOutcome, DeviceBond, Disposition, NewQuarantineEntry } from "./store/store.ts";
import type { Lane } from "../cloud-sync/uplink/outbox.ts";

/**
 * What a gateway does, as it does it: for a live view on the same machine. It holds readings, so it is never logged.
 * A listener must not throw, and a slow one slows the gateway down.
 */
export type GatewayEvent =
  | { readonly type: "started"; readonly gateway: string; readonly bootId: string }
  | { readonly type: "device-seen"; readonly driver: string; readonly name: string | null; readonly rssiDbm: number }
  | { readonly type: "session-started"; readonly driver: string; readonly name: string | null }
  | {
      readonly type: "session-ended";
      readonly driver: string;
      readonly deviceId: string | null;
      readonly durationMs: number;
      readonly tally: SessionTally;
      /** The code of the error that ended it; null if the device showed all that it had. */
      readonly failure: string | null;
    }
  | {
      readonly type: "reading-stored";
      readonly outcome: AddOutcome;
      readonly reading: Reading;
      readonly lane: Lane;
      readonly disposition: Disposition;
    }
  | {
      readonly type: "quarantined";
      readonly reason: NewQuarantineEntry["reason"];
      readonly deviceId: string;
      readonly detail: string;
    }
  /**
   * A device's key was made, lost or removed. `told` says in a person's words what happened and what to do, and
   * `deviceId` is null for one that nobody has met yet.
   */
  | {
      readonly type: "bond";
      readonly state: DeviceBond["state"] | "removed";
      readonly deviceId: string | null;
      readonly name: string | null;
      readonly told: string;
    }
  /** `readings` were settled as delivered. */
  | { readonly type: "delivered"; readonly readings: number }
  | { readonly type: "uplink"; readonly state: "connected" | "disconnected" }
  | { readonly type: "clock"; readonly state: "trusted" | "untrusted"; readonly reason: string }
  | { readonly type: "dated"; readonly readings: number }
  /** The store takes no more readings, and why; null when it does again. */
  | { readonly type: "alarm"; readonly alarm: string | null }
  /** `silent`: it listens and hears nothing, and no repair helped. The adapter is named as its stack names it. */
  | { readonly type: "radio"; readonly state: "up" | "silent" | "down"; readonly adapter: string }
  | {
      readonly type: "radio-repair";
      readonly step: RepairStep;
      readonly trouble: RadioTrouble;
      readonly adapter: string;
      readonly outcome: "mended" | "no-use" | "failed";
    }
  /** Another adapter is in use from now on. */
  | { readonly type: "radio-adapter"; readonly adapter: string; readonly why: "fallback" | "return" }
  /**
   * How far a visit to the kiosk is, and with a device of which kind and advertised name; all null when it is over.
   * Of whose visit it is, nothing.
   */
  | {
      readonly type: "visit";
      readonly step: VisitStep | null;
      readonly kind: DeviceKind | null;
      readonly device: string | null;
    }
  /** The pages for people can be looked at. */
  | { readonly type: "pages"; readonly url: string }
  | { readonly type: "stopped" };

/** What one session brought. */
export interface SessionTally {
  readonly stored: number;
  readonly known: number;
  readonly amended: number;
  readonly quarantined: number;
}

export type GatewayListener = (event: GatewayEvent) => void;
