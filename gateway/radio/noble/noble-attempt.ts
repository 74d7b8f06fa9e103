import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import { abortable } from "../abortable.ts";
import { within } from "../within.ts";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { HciInternals } from "./hci-internals.ts";
import type { HeardDevice } from "./noble-advertisement.ts";
import type { BindingsEvent, NobleBindings } from "./noble-bindings.ts";
import { NobleTable, readHandles } from "./noble-table.ts";
import { portUuid } from "./noble-uuid.ts";

/** How long a device may take to be heard, to connect, and to tell what it has. */
export interface NoblePatience {
  readonly absentMs: number;
  readonly connectMs: number;
  readonly discoverMs: number;
  /** How long an adapter may be without power before it is called absent. */
  readonly powerMs: number;
}

export const usualPatience: NoblePatience = { absentMs: 10_000, connectMs: 20_000, discoverMs: 30_000, powerMs: 2_000 };

/** What an attempt to connect needs of the adapter. */
export interface AttemptPorts {
  readonly bindings: NobleBindings;
  readonly internals: HciInternals | null;
  readonly clock: Clock;
  readonly patience: NoblePatience;
  readonly isPowered: boolean;
  /** Aborted, with `adapter-absent`, when the adapter loses its power. */
  readonly gone: AbortSignal;
  /** Has noble told of a link to the device, and not of its end? */
  isConnected(id: string): boolean;
  /** The next time that the device is heard, or now if it was just heard. */
  heard(address: string, signal: AbortSignal): Promise<HeardDevice>;
  /** What noble tells of one device from now on. */
  watch(id: string): DeviceWatch;
  /** Resolves when an attempt has ended, either way. */
  attemptEnded(): Promise<void>;
  disconnect(id: string): Promise<void>;
}

export interface DeviceWatch {
  /** The arguments of the next such event that was not taken yet. */
  next(event: BindingsEvent): Promise<readonly unknown[]>;
  stop(): void;
}

/** An attempt that was given up is told so again, because noble loses the first word while it resets the adapter. */
const cancelEveryMs = 250;
const cancelsMax = 20;

/** Waits until the device is heard. Rejects with `device-absent`. */
export async function seek(adapter: AttemptPorts, address: string, signal: AbortSignal): Promise<HeardDevice> {
  const { clock, patience } = adapter;
  const late = (): Error => gattErrors.make("device-absent", "the device was not heard");
  const bound = { clock, durationMs: patience.absentMs, signal: whilePowered(adapter, signal), late };
  return await within(bound, (limit) => adapter.heard(address, limit));
}

/** Connects. Rejects with `connect-refused` or `connect-timeout`, and leaves nothing behind. */
export async function attempt(adapter: AttemptPorts, { id }: HeardDevice, signal: AbortSignal): Promise<void> {
  const { clock, patience } = adapter;
  const late = (): Error => gattErrors.make("connect-timeout", "the device did not answer in time");
  const watch = adapter.watch(id);
  let isOpen = true;
  try {
    const bound = { clock, durationMs: patience.connectMs, signal: whilePowered(adapter, signal), late };
    await within(bound, async (limit) => {
      adapter.bindings.connect(id);
      const [, error] = await abortable(watch.next("connect"), limit);
      isOpen = false;
      if (error !== undefined && error !== null) {
        throw gattErrors.make("connect-refused", "the connection was refused", { cause: error });
      }
      adapter.internals?.forbidPairing(id);
      // A central takes its connection for made before the device has said a word.
      if (adapter.internals !== null) await abortable(firstWord(watch), limit);
    });
  } catch (error) {
    if (isOpen) await cancel(adapter, id);
    await adapter.disconnect(id);
    throw error;
  } finally {
    watch.stop();
  }
}

/** The answer about the MTU, or the end of a connection that never was one. */
async function firstWord(watch: DeviceWatch): Promise<void> {
  const isThere = await Promise.race([
    watch.next("onMtu").then(() => true),
    watch.next("disconnect").then(() => false),
  ]);
  if (!isThere) throw gattErrors.make("connect-refused", "the device let the connection go at once");
}

/** Generic Access and Generic Attribute belong to the stack, and are left out as BlueZ and CoreBluetooth leave them out. */
const ownServices: ReadonlySet<string> = new Set(["1800", "1801"]);

/** Services, then their characteristics. Rejects with `operation-timeout`. */
export async function discoverTable(adapter: AttemptPorts, id: string, signal: AbortSignal): Promise<NobleTable> {
  const { clock, patience } = adapter;
  const late = (): Error => gattErrors.make("operation-timeout", "the device did not say what it has");
  const watch = adapter.watch(id);
  try {
    const bound = { clock, durationMs: patience.discoverMs, signal: whilePowered(adapter, signal), late };
    return await within(bound, async (limit) => {
      const refusal = gattErrors.make("connect-refused", "the device let go before it had said what it has");
      // The end may have come between its first word and this.
      if (!adapter.isConnected(id)) throw refusal;
      const lost = watch.next("disconnect").then(() => {
        throw refusal;
      });
      lost.catch(() => undefined);
      const step = <T>(work: Promise<T>): Promise<T> => abortable(Promise.race([work, lost]), limit);
      adapter.bindings.discoverServices(id, []);
      const [, services] = await step(watch.next("servicesDiscover"));
      const table = new NobleTable();
      for (const service of Array.isArray(services) ? services.map(String) : []) {
        if (ownServices.has(portUuid(service))) continue;
        const raw = watch.next("characteristicsDiscovered");
        adapter.bindings.discoverCharacteristics(id, service, []);
        const [, , found] = await step(watch.next("characteristicsDiscover"));
        // Bare HCI tells the handles just before; an operating system does not tell them at all.
        const [, , handles] = adapter.internals === null ? [] : await step(raw);
        table.add(service, Array.isArray(found) ? found : [], readHandles(handles));
      }
      return table;
    });
  } finally {
    watch.stop();
  }
}

const whilePowered = ({ gone }: AttemptPorts, signal: AbortSignal): AbortSignal => AbortSignal.any([signal, gone]);

async function cancel(adapter: AttemptPorts, id: string): Promise<void> {
  const { clock } = adapter;
  for (let tries = 0; tries < cancelsMax && adapter.isPowered; tries += 1) {
    const ended = adapter.attemptEnded();
    adapter.bindings.cancelConnect(id);
    const isOver = await Promise.race([ended.then(() => true), clock.sleep(cancelEveryMs).then(() => false)]);
    if (isOver || adapter.internals === null) return;
  }
}
