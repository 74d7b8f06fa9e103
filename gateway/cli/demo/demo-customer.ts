import type { Random } from "../../../device-drivers/ports/clock.ts";
import type { DeviceKind, VisitStep } from "../../kiosk/contract/visit-view.ts";
import type { DemoCue } from "./demo-site.ts";

/** How far the visit at the kiosk is, as its gateway tells. */
export interface VisitMoment {
  /** Null: there is no visit. */
  readonly step: VisitStep | null;
  readonly kind: DeviceKind | null;
  /** The device of the scenario that is to measure. */
  readonly device: string | null;
}

export interface CustomerPorts {
  readonly random: Random;
  readonly cue: (cue: DemoCue) => void;
  /** Calls back after so long; returns what prevents it. */
  readonly after: (delayMs: number, act: () => void) => () => void;
}

/**
 * The hands of whoever clicks through the kiosk: a device is switched on when the screen asks for it, and a measurement
 * is taken when the screen waits for one. Between visits nobody touches anything.
 */
export function simulatedCustomer({ random, cue, after }: CustomerPorts): (moment: VisitMoment) => void {
  let now = "";
  let stop = (): void => undefined;
  let measured = 0;
  const wake = (device: string): void => {
    cue({ device, do: { type: "wake" } });
    stop = after(wakeEveryMs, () => wake(device));
  };
  const measure = (device: string): void => {
    measured += 1;
    cue({ device, do: { type: "measure", person: regular, remark: remarkOf(measured) } });
    stop = after(againMs, () => measure(device));
  };
  return ({ step, kind, device }) => {
    const moment = JSON.stringify([step, kind, device]);
    if (moment === now) return;
    now = moment;
    stop();
    stop = () => undefined;
    if (step === "pair" && kind !== null) wake(newDevices[kind]);
    if (step !== "measure" || device === null) return;
    stop = after(handsMs.min + random() * (handsMs.max - handsMs.min), () => measure(device));
  };
}

/** What a customer has brought along, in the scenario `kiosk`. */
const newDevices: Readonly<Record<DeviceKind, string>> = {
  "blood-pressure-monitor": "home-cuff",
  "blood-glucose-meter": "home-meter",
};

/** Whose values they are, so that a trend goes on where it ended. */
const regular = "sim-0001";
const wakeEveryMs = 20_000;
/** From the screen's word to the end of the measurement: long enough to read it, short enough not to wonder. */
const handsMs = { min: 8_000, max: 11_000 };
/** Where nothing has come of it, as while the link was lost. */
const againMs = 20_000;

/** Now and then a cuff has something to say. */
function remarkOf(measured: number): "none" | "body-movement" | "irregular-pulse" {
  if (measured % 4 === 3) return "body-movement";
  return measured % 9 === 8 ? "irregular-pulse" : "none";
}
