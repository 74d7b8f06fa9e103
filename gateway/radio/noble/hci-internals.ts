import { EventEmitter } from "node:events";
import type { H4Socket } from "./h4-socket.ts";
import { fieldOf, methodOf, type NobleBindings } from "./noble-bindings.ts";

export interface HciChoice {
  /** The number of the kernel's device; null for noble's own choice. */
  readonly device: number | null;
  readonly socket: H4Socket | null;
}

export interface HciWitness {
  /** A device has answered a request with an error (Core Vol 3 Part F 3.4.1.1). It is told before noble hears of it. */
  attError(id: string, error: AttError): void;
  /** An attempt to connect has ended, either way; also one that was given up. */
  attemptEnded(): void;
}

export interface AttError {
  readonly request: number;
  readonly code: number;
}

/** What noble's HCI bindings know and do not tell. */
export interface HciInternals {
  /** Keeps noble from pairing by itself. Without it, it answers every refusal with Just Works, and keeps no key. */
  forbidPairing(id: string): void;
  /**
   * The adapter has gone, or is let go. noble takes the power and the scan that it had for those that it has, and then
   * says nothing when the power comes back, and starts no scan.
   */
  forgetState(): void;
  /** Lets go of devices that are not connected: noble keeps every one that it ever heard. */
  forgetDevices(): void;
}

const attChannel = 0x0004;
const errorResponse = 0x01;

/**
 * noble on bare HCI says nothing of a write or a subscription that was refused, and gives an empty value for a read that
 * was; so this looks over its shoulder. Null where the operating system has the stack: there, errors are told.
 */
export function hciInternals(bindings: NobleBindings, choice: HciChoice, witness: HciWitness): HciInternals | null {
  if (!("_hci" in bindings)) return null;
  let current: unknown = fieldOf(bindings, "_hci");
  const adopt = (hci: unknown): void => {
    current = hci;
    if (hci instanceof EventEmitter) adoptHci(hci, { bindings, choice, witness });
  };
  adopt(current);
  // The maintained fork makes another one whenever it starts, and speaks to its socket at once.
  Object.defineProperty(bindings, "_hci", { configurable: true, get: () => current, set: adopt });
  return {
    forbidPairing: (id) => {
      const gatt = fieldOf(fieldOf(bindings, "_gatts"), id);
      // A link that noble takes for encrypted is one whose refusals it hands on.
      if (typeof gatt === "object" && gatt !== null) Reflect.set(gatt, "_security", "medium");
    },
    forgetState: () => {
      Reflect.set(bindings, "_state", null);
      Reflect.set(bindings, "_isScanning", false);
      Reflect.set(bindings, "_isScanningStarted", false);
    },
    forgetDevices: () => forgetDevices(bindings),
  };
}

interface Adoption {
  readonly bindings: NobleBindings;
  readonly choice: HciChoice;
  readonly witness: HciWitness;
}

function adoptHci(hci: EventEmitter, { bindings, choice, witness }: Adoption): void {
  if (choice.socket !== null) Reflect.set(hci, "_socket", choice.socket);
  if (choice.device !== null) Reflect.set(hci, "_deviceId", choice.device);
  hci.on("aclDataPkt", (handle: unknown, channel: unknown, pdu: unknown) => {
    const id = fieldOf(fieldOf(bindings, "_handles"), String(handle));
    if (typeof id !== "string" || channel !== attChannel || !(pdu instanceof Uint8Array)) return;
    const [opcode, request, , , code] = pdu;
    if (opcode === errorResponse && request !== undefined && code !== undefined) {
      witness.attError(id, { request, code });
    }
  });
  hci.on("leConnComplete", () => witness.attemptEnded());
}

function forgetDevices(bindings: NobleBindings): void {
  const connected = fieldOf(bindings, "_handles");
  const keepsId = (id: string): boolean => fieldOf(connected, id.replaceAll(":", "").toLowerCase()) !== undefined;
  const records = ["_addresses", "_addresseTypes", "_connectable", "scannable"].map((name) => fieldOf(bindings, name));
  for (const record of [...records, fieldOf(fieldOf(bindings, "_gap"), "_discoveries")]) {
    if (typeof record !== "object" || record === null) continue;
    for (const id of Object.keys(record).filter((key) => !keepsId(key))) Reflect.deleteProperty(record, id);
  }
}

/** Stops what noble has no way to stop: it asks its socket every second whether it is up. */
export function silence(bindings: NobleBindings): void {
  const hci = fieldOf(bindings, "_hci");
  if (hci instanceof EventEmitter) hci.removeAllListeners();
  methodOf(fieldOf(hci, "_socket"), "stop")?.();
}
