import { expect, test } from "vitest";
import { attTransactionMs, guardSession } from "../../../device-drivers/kit/guarded-link.ts";
import { glucoseDriver } from "../../../device-drivers/profiles/glucose/driver.ts";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import type { GattLink } from "../../../device-drivers/ports/gatt.ts";
import { connectTo, idleLink } from "../collecting.ts";
import { meterTable } from "../glucose-lines.ts";
import { ScriptedDevice } from "../scripted-device.ts";

const [characteristic] = meterTable;

test("a refusal for want of a key is told as a lost bond, with the remedy; another refusal is left as it is", async () => {
  for (const attError of [0x05, 0x08, 0x0f]) {
    const error = await failureOf({
      write: () => Promise.reject(gattErrors.make("att-error", "no", { context: { attError } })),
    });
    expect(error).toMatchObject({ code: "bond-lost", context: { attError }, remedy: expect.stringContaining("Pair") });
  }
  const attError = 0x0e;
  const other = await failureOf({
    write: () => Promise.reject(gattErrors.make("att-error", "no", { context: { attError } })),
  });
  expect(other).toMatchObject({ code: "att-error" });
});

test("a device that has lost the bond fails the collection with it", async () => {
  const { clock, session } = await connectTo(new ScriptedDevice(meterTable, { on: { "on 2A18": "refuse 05" } }));
  await expect(clock.runUntil(glucoseDriver.collect(session).next())).rejects.toMatchObject({ code: "bond-lost" });
});

test("an operation that is never answered ends with the time of an ATT transaction, and is aborted", async () => {
  const heard: AbortSignal[] = [];
  const error = await failureOf({
    write: (_characteristic, _value, signal) => {
      heard.push(signal);
      return new Promise(() => {});
    },
  });
  expect(error).toMatchObject({ code: "operation-timeout", tookMs: attTransactionMs });
  expect(heard.map(({ aborted }) => aborted)).toEqual([true]);
});

/** What a write of a guarded link rejects with, and when. */
async function failureOf(behaviour: Pick<GattLink, "write">): Promise<unknown> {
  const { clock, session } = await connectTo(new ScriptedDevice(meterTable, {}));
  if (characteristic === undefined) throw new Error("The table has a characteristic.");
  const { link } = guardSession({ ...session, link: { ...idleLink, ...behaviour } });
  const startedMs = clock.monotonicMs();
  const failure = link.write(characteristic, new Uint8Array(), session.signal).then(
    () => null,
    (error: unknown) => error,
  );
  const error = await clock.runUntil(failure);
  return error instanceof Error ? Object.assign(error, { tookMs: clock.monotonicMs() - startedMs }) : error;
}
