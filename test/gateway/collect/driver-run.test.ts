import { expect, test } from "vitest";
import type { CollectionEnd, DeviceDriver, DriverSession, Observed } from "../../../device-drivers/kit/driver.ts";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import { defaultQuirks } from "../../../device-drivers/vendors/defaults.ts";
import { runDriver } from "../../../gateway/collect/driver-run.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { codeOf } from "../../contracts/gatt-stage.ts";

const note: Observed = { type: "expected", records: 3 };
const end: CollectionEnd = { records: 3, counterWasReset: false };

interface Stage {
  readonly clock: VirtualClock;
  readonly session: DriverSession;
  readonly stopping: AbortController;
  /** What happened, in order. */
  readonly story: string[];
}

function stage(): Stage {
  const clock = createVirtualClock(0);
  const stopping = new AbortController();
  const story: string[] = [];
  const refuse = (): Promise<never> => Promise.reject(gattErrors.make("misuse", "nothing is to be asked of this link"));
  const session: DriverSession = {
    clock,
    link: {
      address: "C0:00:00:00:00:01",
      addressKind: "random-static",
      bonded: true,
      discover: refuse,
      read: refuse,
      write: refuse,
      subscribe: refuse,
      close: async () => void story.push("link closed"),
    },
    characteristics: [],
    information: {
      manufacturer: null,
      model: null,
      serial: null,
      firmware: null,
      hardware: null,
      software: null,
      systemId: null,
      batteryPercent: null,
    },
    quirks: defaultQuirks,
    history: { lastSequenceNumber: null, lastDeviceTime: null },
    localTime: () => null,
    signal: stopping.signal,
  };
  return { clock, session, stopping, story };
}

const driver = (collect: DeviceDriver["collect"]): DeviceDriver => ({ name: "test", services: [], collect });

test("each item is taken before the next is asked for, and the end is the driver's own", async () => {
  const { session, story } = stage();
  const counting = driver(async function* () {
    for (const count of [1, 2, 3]) {
      story.push(`asked for ${count}`);
      yield note;
    }
    return end;
  });
  const take = async (): Promise<void> => {
    await Promise.resolve();
    story.push("taken");
  };
  expect(await runDriver(counting, session, take)).toEqual(end);
  expect(story).toEqual(["asked for 1", "taken", "asked for 2", "taken", "asked for 3", "taken"]);
});

test("what a driver should not throw is told as its failure, with the cause", async () => {
  const { session } = stage();
  const cause = new TypeError("undefined is not a number");
  const throwing = driver(async function* () {
    yield note;
    throw cause;
  });
  const failure = runDriver(throwing, session, () => Promise.resolve());
  await expect(failure).rejects.toMatchObject({ code: "driver-failed", cause });
});

test("what a driver may throw passes through", async () => {
  const { session } = stage();
  const losing = driver(async function* () {
    yield note;
    throw gattErrors.make("link-lost", "the device went away");
  });
  expect(await codeOf(runDriver(losing, session, () => Promise.resolve()))).toBe("link-lost");
});

test("if an item cannot be made durable, the link is closed before the driver may do anything more", async () => {
  const { session, story } = stage();
  const tidying = driver(async function* () {
    try {
      yield note;
      story.push("asked for the next");
      return end;
    } finally {
      story.push("driver ended");
    }
  });
  const refusing = (): Promise<void> => Promise.reject(gattErrors.make("misuse", "the disk is full"));
  expect(await codeOf(runDriver(tidying, session, refusing))).toBe("misuse");
  expect(story).toEqual(["link closed", "driver ended"]);
});

test("a session that is over ends with its reason, and the driver may say goodbye first", async () => {
  const { clock, session, stopping, story } = stage();
  const reason = gattErrors.make("operation-timeout", "the session took too long");
  const polite = driver(async function* ({ signal }) {
    yield note;
    try {
      await clock.sleep(60_000, signal);
    } finally {
      await clock.sleep(1_000);
      story.push("said goodbye");
    }
    return end;
  });
  const running = codeOf(runDriver(polite, session, () => Promise.resolve()));
  await clock.advance(10);
  stopping.abort(reason);
  expect(await clock.runUntil(running)).toBe("operation-timeout");
  expect(story).toEqual(["said goodbye"]);
});

test("a driver that does not end when its session is over is left behind", async () => {
  const { clock, session, stopping, story } = stage();
  const stubborn = driver(async function* () {
    yield note;
    await new Promise(() => {});
    return end;
  });
  const running = codeOf(runDriver(stubborn, session, () => Promise.resolve()));
  await clock.advance(10);
  stopping.abort(gattErrors.make("operation-timeout", "the session took too long"));
  expect(await clock.runUntil(running)).toBe("operation-timeout");
  expect(story).toEqual(["link closed"]);
  expect(clock.sleepers()).toBe(0);
});
