import { expect } from "vitest";
import { attErrors } from "../../simulators/peripherals/virtual-peripheral.ts";
import { probeCharacteristics as gatt } from "./gatt-link-probe.ts";
import { codeOf, type GattAdapter, type LinkContract, linkContract, roundTrip, soon, take } from "./gatt-stage.ts";

/** What `ports/gatt.ts` promises of a subscription: no value lost, and none confirmed before it may be. */
export function gattSubscriptionContract(adapter: GattAdapter): void {
  const contract = linkContract(adapter);
  subscribing(contract);
  arrivals(contract);
  confirmations(contract);
}

function subscribing({ promise }: LinkContract): void {
  promise("subscribing twice is misuse, also while the first is on its way", async ({ link, probe }) => {
    const first = link.subscribe(gatt.pressure, soon());
    expect(await codeOf(link.subscribe(gatt.pressure, soon()))).toBe("misuse");
    await first;
    expect(await codeOf(link.subscribe(gatt.pressure, soon()))).toBe("misuse");
    expect(probe.heard).toEqual(["on 32"]);
  });

  promise("a subscription that was closed may be taken again", async ({ link, probe }) => {
    const first = await link.subscribe(gatt.pressure, soon());
    await first.close();
    await first.close();
    const second = await link.subscribe(gatt.pressure, soon());
    probe.indicate(7);
    expect(await take(second, 1)).toEqual([7]);
    expect(probe.heard).toEqual(["on 32", "off 32", "on 32"]);
  });

  promise("a subscription that was refused may be tried again", async ({ link, probe }) => {
    probe.configureRefusal = { ok: false, error: attErrors.cccdImproperlyConfigured };
    expect(await codeOf(link.subscribe(gatt.pressure, soon()))).toBe("att-error");
    const subscription = await link.subscribe(gatt.pressure, soon());
    probe.indicate(1);
    expect(await take(subscription, 1)).toEqual([1]);
  });

  promise("a value that overtakes the answer to its subscription is not lost", async ({ link, probe }) => {
    probe.whenConfigured = () => probe.indicate(1, 2);
    const subscription = await link.subscribe(gatt.pressure, soon());
    expect(await take(subscription, 2)).toEqual([1, 2]);
  });

  promise("a subscription that was aborted on its way gives up the characteristic", async ({ link, probe }) => {
    const reason = new Error("given up");
    const controller = new AbortController();
    const subscribed = link.subscribe(gatt.glucose, controller.signal);
    controller.abort(reason);
    await expect(subscribed).rejects.toBe(reason);
    const again = await link.subscribe(gatt.glucose, soon());
    probe.notify(4);
    expect(await take(again, 1)).toEqual([4]);
  });
}

function arrivals({ promise }: LinkContract): void {
  promise("values come in the order of arrival, each to its own subscription", async ({ link, probe }) => {
    const pressure = await link.subscribe(gatt.pressure, soon());
    const glucose = await link.subscribe(gatt.glucose, soon());
    probe.notify(1, 2);
    probe.indicate(101, 102);
    probe.notify(3);
    expect(await take(glucose, 3)).toEqual([1, 2, 3]);
    expect(await take(pressure, 2)).toEqual([101, 102]);
  });

  promise("what arrived before the link was lost is taken first, and then it says link-lost", async (stage) => {
    const glucose = await stage.link.subscribe(gatt.glucose, soon());
    stage.probe.notify(1, 2, 3);
    await roundTrip(stage.link);
    stage.probe.disconnect();
    expect(await codeOf(stage.link.read(gatt.model, soon()))).toBe("link-lost");
    expect(await take(glucose, 3)).toEqual([1, 2, 3]);
    expect(await codeOf(glucose.next(soon()))).toBe("link-lost");
    expect(await codeOf(glucose.next(soon()))).toBe("link-lost");
  });

  promise("a value that is being waited for is refused when the link is lost", async ({ link, probe }) => {
    const glucose = await link.subscribe(gatt.glucose, soon());
    const waiting = codeOf(glucose.next(soon()));
    probe.disconnect();
    expect(await waiting).toBe("link-lost");
  });

  promise("after our close nothing is taken any more", async ({ link, probe }) => {
    const glucose = await link.subscribe(gatt.glucose, soon());
    const pressure = await link.subscribe(gatt.pressure, soon());
    probe.notify(1);
    await roundTrip(link);
    const waiting = codeOf(pressure.next(soon()));
    await link.close();
    expect(await waiting).toBe("link-closed");
    expect(await codeOf(glucose.next(soon()))).toBe("link-closed");
    await glucose.close();
  });

  promise("an aborted wait takes no value", async ({ link, probe }) => {
    const glucose = await link.subscribe(gatt.glucose, soon());
    const reason = new Error("silence");
    const controller = new AbortController();
    const waiting = glucose.next(controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    probe.notify(5);
    await roundTrip(link);
    await expect(glucose.next(AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await take(glucose, 1)).toEqual([5]);
  });

  promise("asking while a value is waited for, or after close, is misuse", async ({ link, probe }) => {
    const glucose = await link.subscribe(gatt.glucose, soon());
    const waiting = glucose.next(soon());
    expect(await codeOf(glucose.next(soon()))).toBe("misuse");
    probe.notify(1);
    expect(await waiting).toEqual(Uint8Array.of(1));
    const last = codeOf(glucose.next(soon()));
    await glucose.close();
    expect(await last).toBe("link-closed");
    expect(await codeOf(glucose.next(soon()))).toBe("misuse");
  });
}

function confirmations({ promise }: LinkContract): void {
  promise("an indication is confirmed when the value after it is asked for, and not before", async (stage) => {
    const { link, probe } = stage;
    const pressure = await link.subscribe(gatt.pressure, soon());
    probe.indicate(1, 2);
    expect(await take(pressure, 1)).toEqual([1]);
    await roundTrip(link);
    expect(probe.deliveries).toEqual([]);
    expect(await take(pressure, 1)).toEqual([2]);
    expect(probe.deliveries).toEqual(["confirmed"]);
  });

  promise("asking confirms, even if the wait for the next is aborted", async ({ link, probe }) => {
    const pressure = await link.subscribe(gatt.pressure, soon());
    probe.indicate(1);
    await take(pressure, 1);
    const controller = new AbortController();
    const waiting = pressure.next(controller.signal).catch((error: unknown) => error);
    await roundTrip(link);
    controller.abort(new Error("silence"));
    await waiting;
    expect(probe.deliveries).toEqual(["confirmed"]);
  });

  promise("a value that nobody took is never confirmed", async ({ link, probe }) => {
    const pressure = await link.subscribe(gatt.pressure, soon());
    probe.indicate(1);
    await roundTrip(link);
    await pressure.close();
    await roundTrip(link);
    expect(probe.deliveries).toEqual([]);
    await link.close();
    await probe.ended();
    await expect.poll(() => probe.deliveries).toEqual(["link-ended"]);
  });

  promise("closing confirms nothing: what was taken last may not be durable", async ({ link, probe }) => {
    const pressure = await link.subscribe(gatt.pressure, soon());
    probe.indicate(1);
    await take(pressure, 1);
    await pressure.close();
    await roundTrip(link);
    expect(probe.deliveries).toEqual([]);
    await link.close();
    await probe.ended();
    await expect.poll(() => probe.deliveries).toEqual(["link-ended"]);
  });

  promise("a link that is lost before the confirmation says so after the value was taken", async (stage) => {
    const { air, link, probe } = stage;
    air.command({ type: "cut-transfer", address: probe.address, afterValues: 1, before: "confirmation" });
    const pressure = await link.subscribe(gatt.pressure, soon());
    probe.indicate(1, 2, 3);
    expect(await take(pressure, 2)).toEqual([1, 2]);
    expect(await codeOf(pressure.next(soon()))).toBe("link-lost");
    await expect.poll(() => probe.deliveries).toEqual(["confirmed", "link-ended", "link-ended"]);
  });
}
