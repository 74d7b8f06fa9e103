import { expect, test } from "vitest";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import { openEarlyOrLate } from "../../../gateway/radio/late-radio.ts";
import type { ManagedRadio, RadioEvent } from "../../../gateway/radio/managed-radio.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { scriptedRadio } from "../../doubles/scripted-radio.ts";

const never = new AbortController().signal;
const absent = (): Error => gattErrors.make("adapter-absent", "no adapter");

async function late(): Promise<{
  readonly radio: ManagedRadio;
  readonly inner: ReturnType<typeof scriptedRadio>;
  readonly clock: ReturnType<typeof createVirtualClock>;
  readonly plugIn: () => void;
  readonly attempts: () => number;
}> {
  const clock = createVirtualClock(0);
  const inner = scriptedRadio(clock);
  let isThere = false;
  let attempts = 0;
  const open = (): Promise<ManagedRadio> => {
    attempts += 1;
    return isThere ? Promise.resolve(inner) : Promise.reject(absent());
  };
  const radio = await openEarlyOrLate({ kind: "noble", adapter: "hci7", open });
  return {
    radio,
    inner,
    clock,
    plugIn: () => {
      isThere = true;
    },
    attempts: () => attempts,
  };
}

test("a radio that can be opened is taken as it is, and a failure of another kind is told", async () => {
  const inner = scriptedRadio(createVirtualClock(0));
  const open = (): Promise<ManagedRadio> => Promise.resolve(inner);
  expect(await openEarlyOrLate({ kind: "noble", adapter: "hci7", open })).toBe(inner);
  const broken = new TypeError("a fault");
  await expect(openEarlyOrLate({ kind: "noble", adapter: "hci7", open: () => Promise.reject(broken) })).rejects.toBe(
    broken,
  );
});

test("a radio without its adapter says so whenever it is used, and tries again each time", async () => {
  const { radio, attempts } = await late();
  expect([radio.adapter, radio.rungs, radio.abilities.pairing]).toEqual(["hci7", [], []]);
  await expect(radio.connect("C0:00:00:00:00:01", never)).rejects.toMatchObject({ code: "adapter-absent" });
  await expect(radio.bonds()).rejects.toMatchObject({ code: "adapter-absent" });
  const hearing = radio.advertisements(never)[Symbol.asyncIterator]();
  await expect(hearing.next()).rejects.toMatchObject({ code: "adapter-absent" });
  expect(attempts()).toBe(4);
  await radio.close();
});

test("once its adapter is there it is that radio, and what befalls it is heard by those who listened before", async () => {
  const { radio, inner, clock, plugIn, attempts } = await late();
  const told: RadioEvent[] = [];
  const over = new AbortController();
  const listening = (async (): Promise<void> => {
    for await (const event of radio.events(over.signal)) told.push(event);
  })();
  plugIn();
  const [link] = await clock.runUntil(
    Promise.all([radio.connect("C0:00:00:00:00:01", never), radio.connect("C0:00:00:00:00:02", never)]),
  );
  expect([radio.adapter, radio.rungs, attempts()]).toEqual(["hci0", ["restart-scan", "power-cycle"], 2]);
  await clock.settle();
  inner.pullOut();
  await clock.advance(100);
  expect(told).toEqual([{ type: "adapter-back" }, { type: "adapter-gone" }]);
  await link?.close();
  over.abort();
  await listening;
  await radio.close();
  expect(inner.openLinks).toBe(0);
});
