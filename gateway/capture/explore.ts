import { attErrorOf, attTransactionMs, withinTime } from "../../device-drivers/kit/guarded-link.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { GattCharacteristic, GattLink, GattSubscription } from "../../device-drivers/ports/gatt.ts";

export interface ExplorePorts {
  readonly link: GattLink;
  readonly clock: Clock;
  readonly characteristics: readonly GattCharacteristic[];
  /** Values that were read and values that came, so far. */
  readonly tell: (heard: { readonly read: number; readonly came: number }) => void;
}

/**
 * Looks at a device that no driver knows: reads all that can be read, then listens to all that can be subscribed to, until
 * the signal is aborted or the device hangs up. It never writes: only the CCCDs, which tell the device to speak. What the
 * device refuses is passed by. Resolves with the number of values that came.
 */
export async function explore(ports: ExplorePorts, signal: AbortSignal): Promise<number> {
  const heard = { read: 0, came: 0 };
  const subscriptions: GattSubscription[] = [];
  try {
    for (const characteristic of ports.characteristics.filter(({ properties }) => properties.includes("read"))) {
      if (await unlessRefused(ports, (limited) => ports.link.read(characteristic, limited), signal)) heard.read += 1;
      ports.tell(heard);
    }
    const sending = ports.characteristics.filter(({ properties }) =>
      properties.some((one) => one === "notify" || one === "indicate"),
    );
    for (const characteristic of sending) {
      await unlessRefused(
        ports,
        async (limited) => subscriptions.push(await ports.link.subscribe(characteristic, limited)),
        signal,
      );
    }
    const count = (): void => {
      heard.came += 1;
      ports.tell(heard);
    };
    await Promise.all(subscriptions.map((subscription) => hearOut(subscription, count, signal)));
  } catch (error) {
    if (!signal.aborted && !gattErrors.is(error, "link-lost")) throw error;
  }
  for (const subscription of subscriptions) await subscription.close();
  return heard.came;
}

async function unlessRefused(
  { clock }: ExplorePorts,
  operation: (limited: AbortSignal) => Promise<unknown>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await withinTime({ clock, limitMs: attTransactionMs, signal }, operation);
    return true;
  } catch (error) {
    // Declared properties may be lies, and what needs a bond is refused without one.
    if (attErrorOf(error) === null && !gattErrors.is(error, "bond-lost", "operation-timeout")) throw error;
    return false;
  }
}

async function hearOut(subscription: GattSubscription, count: () => void, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await subscription.next(signal);
      count();
    }
  } catch (error) {
    if (!signal.aborted && !gattErrors.is(error, "link-lost")) throw error;
  }
}
