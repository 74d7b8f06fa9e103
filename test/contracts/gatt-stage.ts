import { expect, onTestFinished, test } from "vitest";
import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { GattLink, GattSubscription, Radio } from "../../device-drivers/ports/gatt.ts";
import type { VirtualAir } from "../../simulators/air/virtual-air.ts";
import { Probe, probeCharacteristics } from "./gatt-link-probe.ts";

/** One air, and a radio of the adapter under test that hears it. */
export interface GattHarness {
  readonly air: VirtualAir;
  readonly radio: Radio;
  stop(): Promise<void>;
}

export interface GattAdapter {
  readonly name: string;
  /** The air must advertise at least every 10 ms. */
  readonly make: () => Promise<GattHarness>;
  /**
   * Sentences of the contract that this adapter is known to break, each with the reason. They are run all the same, and
   * must fail: an adapter that has begun to keep one is to say so.
   */
  readonly breaks?: Readonly<Record<string, string>>;
}

/** A harness with a probe in its air, and a link to it. */
export interface LinkStage extends GattHarness {
  readonly probe: Probe;
  readonly link: GattLink;
}

export interface LinkContract {
  readonly promise: (sentence: string, body: (stage: LinkStage) => Promise<void>) => void;
}

/** Tests a sentence of the contract on an adapter. */
export function declareTest({ name, breaks }: GattAdapter, sentence: string, body: () => Promise<void>): void {
  const reason = breaks?.[sentence];
  const title = reason === undefined ? sentence : `does not keep "${sentence}": ${reason}`;
  test(`${name}: ${title}`, { fails: reason !== undefined }, async () => {
    expect.hasAssertions();
    await body();
  });
}

export function linkContract(adapter: GattAdapter): LinkContract {
  return {
    promise: (sentence, body) => {
      declareTest(adapter, sentence, async () => {
        const harness = await startHarness(adapter.make);
        const probe = new Probe();
        harness.air.add(probe);
        await body({ ...harness, probe, link: await harness.radio.connect(probe.address, soon()) });
      });
    },
  };
}

export async function startHarness(make: GattAdapter["make"]): Promise<GattHarness> {
  const harness = await make();
  onTestFinished(async () => await harness.stop());
  return harness;
}

/** A real stack takes seconds for a single connection, and says so in its own configuration. */
const soonMs = Number(process.env["CAREPOST_TEST_SOON_MS"] ?? 5_000);

/** A promise that is broken by never answering must fail by name, not by the test's own time-out. */
export const soon = (): AbortSignal => AbortSignal.timeout(soonMs);

/** The code of the failure; the word "resolved" if there was none. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "resolved";
  } catch (error) {
    if (error instanceof CarepostError) return error.code;
    throw error;
  }
}

/** Everything that was sent before it has arrived when it resolves: the link keeps the order. */
export async function roundTrip(link: GattLink): Promise<void> {
  await link.read(probeCharacteristics.model, soon());
}

export async function take(subscription: GattSubscription, count: number): Promise<readonly number[]> {
  const values: number[] = [];
  for (let taken = 0; taken < count; taken += 1) values.push(...(await subscription.next(soon())));
  return values;
}
