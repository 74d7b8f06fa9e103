import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import type { ManagedRadio } from "./managed-radio.ts";
import { radioErrors } from "./radio-error.ts";
import type { BluezRadioOptions, NobleRadioOptions, RadioOptions, VirtualRadioOptions } from "./radio-options.ts";

export interface RadioSurroundings {
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Opens the radios that are configured, one or more, the one to use first at the front. The module of a kind, and with it
 * the stack's package, is loaded only if that kind is chosen.
 * Rejects with `radio-package-missing` if it is not installed, and as the kind's own opening does.
 */
export async function openRadios(options: RadioOptions, around: RadioSurroundings): Promise<readonly ManagedRadio[]> {
  if (options.kind === "virtual") return [await openVirtual(options)];
  if (options.kind === "bluez") return await openBluez(options, around);
  return [await openNoble(options, around)];
}

async function openVirtual({ place }: VirtualRadioOptions): Promise<ManagedRadio> {
  const { virtualRadio } = await import("./virtual.ts");
  return virtualRadio(place);
}

async function openBluez(
  options: BluezRadioOptions,
  { clock, log }: RadioSurroundings,
): Promise<readonly ManagedRadio[]> {
  const { openBluezRadio } = await loaded("bluez", () => import("./bluez/bluez.ts"));
  const { adapters, busAddress, restartCommand } = options;
  const restartDaemon =
    restartCommand === null ? null : (await import("./restart-daemon.ts")).daemonRestart(restartCommand);
  const wanted = adapters.length === 0 ? [null] : adapters;
  const place = busAddress === null ? {} : { address: busAddress };
  return await Promise.all(wanted.map((adapter) => openBluezRadio({ ...place, adapter, clock, log, restartDaemon })));
}

async function openNoble(options: NobleRadioOptions, { clock }: RadioSurroundings): Promise<ManagedRadio> {
  const { openNobleRadio } = await loaded("noble", () => import("./noble/noble.ts"));
  const { openEarlyOrLate } = await import("./late-radio.ts");
  const adapter = options.hciDevice === null ? "noble" : `hci${options.hciDevice}`;
  return await openEarlyOrLate({ kind: "noble", adapter, open: () => openNobleRadio(options, { clock }) });
}

/** Loads a kind's module, and says in plain words if a package that it stands on is not there. */
export async function loaded<Module>(kind: RadioOptions["kind"], load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    throw isMissing(error) ? missing(kind, error) : error;
  }
}

const missing = (kind: RadioOptions["kind"], cause: unknown): Error =>
  radioErrors.make("radio-package-missing", `the radio ${kind} needs a package that is not installed`, {
    context: { kind },
    cause,
  });

/** A package that is not there, or whose binary does not fit this machine. */
const missingCodes: ReadonlySet<unknown> = new Set(["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND", "ERR_DLOPEN_FAILED"]);

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && missingCodes.has(error.code);
