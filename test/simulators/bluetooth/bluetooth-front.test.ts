import { expect, test } from "vitest";
import { Probe } from "../../contracts/gatt-link-probe.ts";
import { frontRig } from "./front-rig.ts";

const quiet = { io: "no-input-no-output", mitm: false, secureConnections: true } as const;

test("a central finds, pairs with and reads a device of the air", async () => {
  const probe = new Probe();
  const { connect, until, central, clock } = await frontRig(probe);
  await clock.advance(100);
  await until(central.find(probe.address));
  const link = await connect(probe.address);
  await until(link.pair(quiet));
  await until(link.att.exchangeMtu(517));
  expect((await until(link.att.read(17))).length).toBe(300);
});
