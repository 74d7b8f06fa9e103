import { expect, test } from "vitest";
import { createMedium, type Medium } from "../../../../simulators/bluetooth/medium/medium.ts";
import { attachVhci, type VhciDevice } from "../../../../simulators/bluetooth/transport/vhci.ts";
import { createVirtualClock, type VirtualClock } from "../../../../simulators/clock/virtual-clock.ts";
import { hex } from "../link-rig.ts";

/** The kernel's side of /dev/vhci, as a test has it. */
class FakeKernel implements VhciDevice {
  readonly written: string[] = [];
  readonly toRead: Uint8Array[] = [];
  looks = 0;
  isClosed = false;
  isGone = false;

  read(): Uint8Array | null {
    this.looks += 1;
    if (this.isGone) throw new Error("ENODEV");
    return this.toRead.shift() ?? null;
  }

  write(packet: Uint8Array): void {
    if (this.isGone || this.isClosed) throw new Error("ENODEV");
    this.written.push(hex(packet));
  }

  close(): void {
    this.isClosed = true;
  }
}

interface Stage {
  readonly clock: VirtualClock;
  readonly medium: Medium;
  readonly kernel: FakeKernel;
  readonly unplug: AbortController;
  readonly attached: Promise<string>;
}

function stage(): Stage {
  const clock = createVirtualClock(0);
  const medium = createMedium({ clock, seed: 1 });
  const kernel = new FakeKernel();
  const unplug = new AbortController();
  const attached = attachVhci(medium.controller(), unplug.signal, { device: kernel, clock });
  return { clock, medium, kernel, unplug, attached };
}

async function attachedStage(): Promise<Stage> {
  const made = stage();
  made.kernel.toRead.push(Uint8Array.of(0xff, 0x00, 0x03, 0x00));
  expect(await made.clock.runUntil(made.attached)).toBe("hci3");
  return made;
}

test("it asks for a controller, says its name, and carries packets both ways", async () => {
  const { clock, kernel, unplug } = await attachedStage();
  kernel.toRead.push(Uint8Array.of(0x01, 0x03, 0x0c, 0x00));
  await clock.advance(10);
  expect(kernel.written).toEqual(["ff00", "040e0401030c00"]);
  unplug.abort();
});

test("a device that is quiet is looked at seldom", async () => {
  const { clock, kernel, unplug } = await attachedStage();
  await clock.advance(1_000);
  kernel.looks = 0;
  await clock.advance(1_000);
  expect(kernel.looks).toBeLessThanOrEqual(251);
  unplug.abort();
});

test("unplugging closes the device and takes the controller out of the room", async () => {
  const { clock, kernel, medium, unplug } = await attachedStage();
  unplug.abort();
  expect(kernel.isClosed).toBe(true);
  expect(medium.controllers).toEqual([]);
  await clock.advance(1_000);
  expect(clock.sleepers()).toBe(0);
});

test("a controller that is removed lets the device go", async () => {
  const { kernel, medium } = await attachedStage();
  medium.close();
  expect(kernel.isClosed).toBe(true);
});

test("a kernel that goes away takes the controller with it, and nothing throws", async () => {
  const { clock, kernel, medium } = await attachedStage();
  kernel.isGone = true;
  await clock.advance(10);
  expect(kernel.isClosed).toBe(true);
  expect(medium.controllers).toEqual([]);
});

test("a kernel that takes no controller is given up on in 5 s", async () => {
  const { attached, clock, kernel, medium } = stage();
  await expect(clock.runUntil(attached)).rejects.toMatchObject({ code: "vhci-unavailable" });
  expect(clock.monotonicMs()).toBe(5_000);
  expect([kernel.isClosed, medium.controllers]).toEqual([true, []]);
  await clock.advance(1_000);
  expect(clock.sleepers()).toBe(0);
  const aborted = stage();
  aborted.unplug.abort();
  await expect(aborted.attached).rejects.toMatchObject({ code: "vhci-unavailable" });
});

test("a machine without the driver is told what it lacks", async () => {
  const medium = createMedium({ clock: createVirtualClock(0), seed: 1 });
  const { signal } = new AbortController();
  const attached = attachVhci(medium.controller(), signal, { path: "/nowhere/vhci" });
  await expect(attached).rejects.toMatchObject({ code: "vhci-unavailable" });
});
