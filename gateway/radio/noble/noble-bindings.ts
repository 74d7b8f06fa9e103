import { EventEmitter } from "node:events";
import { radioErrors } from "../radio-error.ts";
import type { NobleRadioOptions } from "../radio-options.ts";

export type NoblePackage = Exclude<NobleRadioOptions["package"], "auto">;

/** What noble's bindings tell, whatever they stand on. The arguments are untrusted: whoever listens checks them. */
export type BindingsEvent =
  | "stateChange"
  | "scanStart"
  | "scanStop"
  | "discover"
  | "connect"
  | "onMtu"
  | "disconnect"
  | "servicesDiscover"
  | "characteristicsDiscover"
  | "characteristicsDiscovered"
  | "read"
  | "write"
  | "notify";

/**
 * noble's lower half: the interface that each of its platforms implements (CoreBluetooth, WinRT, bare HCI), and that
 * its README calls bindings. The upper half is left out on purpose: its objects keep listeners over reconnections, and
 * it remembers every device that was ever heard.
 */
export interface NobleBindings extends EventEmitter {
  startScanning(serviceUuids: readonly string[], allowDuplicates: boolean): void;
  stopScanning(): void;
  connect(id: string): void;
  cancelConnect(id: string): void;
  disconnect(id: string): void;
  discoverServices(id: string, uuids: readonly string[]): void;
  discoverCharacteristics(id: string, service: string, uuids: readonly string[]): void;
  read(id: string, service: string, characteristic: string): void;
  write(id: string, service: string, characteristic: string, value: Buffer, withoutResponse: boolean): void;
  notify(id: string, service: string, characteristic: string, enabled: boolean): void;
}

export interface LoadedNoble {
  readonly package: NoblePackage;
  readonly bindings: NobleBindings;
  /** Opens the adapter. */
  readonly start: () => void;
  /** Lets the adapter go, so that it may be started again; null where the package cannot. */
  readonly stop: (() => void) | null;
}

/**
 * Loads noble, and with it a native addon. `auto` takes the maintained fork where both are installed.
 * @throws CarepostError `radio-package-missing` if it is not installed, or is not what this adapter was written for
 */
export async function loadNoble(wanted: NobleRadioOptions["package"]): Promise<LoadedNoble> {
  const packages: readonly NoblePackage[] = wanted === "auto" ? ["@stoprocent/noble", "@abandonware/noble"] : [wanted];
  const failures: unknown[] = [];
  for (const name of packages) {
    try {
      return started(name, bindingsOf(name, await importNoble(name)));
    } catch (error) {
      failures.push(error);
    }
  }
  throw radioErrors.make("radio-package-missing", `${packages.join(" and ")} cannot be loaded`, {
    cause: failures.length === 1 ? failures[0] : new AggregateError(failures),
  });
}

async function importNoble(name: NoblePackage): Promise<unknown> {
  const module: unknown =
    name === "@stoprocent/noble" ? await import("@stoprocent/noble") : await import("@abandonware/noble");
  return fieldOf(module, "default");
}

/** The maintained fork makes bindings for each radio; the old package has one for the process. */
function bindingsOf(name: NoblePackage, noble: unknown): NobleBindings {
  const make = name === "@stoprocent/noble" ? fieldOf(noble, "withBindings") : null;
  const own: unknown = typeof make === "function" ? make("default", {}) : noble;
  const bindings = fieldOf(own, "_bindings");
  if (isBindings(bindings)) return bindings;
  throw new TypeError(`${name} has no bindings of the kind that this adapter was written for`);
}

function started(name: NoblePackage, bindings: NobleBindings): LoadedNoble {
  const start = methodOf(bindings, "start") ?? methodOf(bindings, "init");
  if (start === null) throw new TypeError(`${name} has no way to start its bindings`);
  return { package: name, bindings, start: () => withoutSigint(start), stop: methodOf(bindings, "stop") };
}

/** noble ends the process on SIGINT if its listener is the last: what the gateway does to stop in order would not be done. */
function withoutSigint(start: () => void): void {
  const before = new Set(process.listeners("SIGINT"));
  start();
  for (const listener of process.listeners("SIGINT").filter((each) => !before.has(each))) {
    process.removeListener("SIGINT", listener);
  }
}

const methods = [
  "startScanning",
  "stopScanning",
  "connect",
  "cancelConnect",
  "disconnect",
  "discoverServices",
  "discoverCharacteristics",
  "read",
  "write",
  "notify",
] as const;

const isBindings = (value: unknown): value is NobleBindings =>
  value instanceof EventEmitter && methods.every((name) => methodOf(value, name) !== null);

/** A field of something untyped; undefined where there is none. */
export const fieldOf = (value: unknown, name: string): unknown =>
  (typeof value === "object" && value !== null) || typeof value === "function" ? Reflect.get(value, name) : undefined;

/** A method of something untyped, bound to it; null where there is none. */
export function methodOf(value: unknown, name: string): ((...given: readonly unknown[]) => void) | null {
  const method = fieldOf(value, name);
  return typeof method === "function" ? (...given) => void Reflect.apply(method, value, given) : null;
}
