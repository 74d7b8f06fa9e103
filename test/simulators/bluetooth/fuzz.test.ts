import { expect, test } from "vitest";
import type { Random } from "../../../device-drivers/ports/clock.ts";
import { channels } from "../../../simulators/bluetooth/l2cap/frame-assembler.ts";
import { justWorks } from "../../../simulators/peripherals/pairing-traits.ts";
import { integerBetween, seededRandom } from "../../../simulators/random.ts";
import { Probe, probeCharacteristics as gatt } from "../../contracts/gatt-link-probe.ts";
import { AttRig, plainTable } from "./att/att-rig.ts";
import { frontRig } from "./front-rig.ts";
import { SecurityRig } from "./smp/security-rig.ts";

const rounds = 3_000;

const anyOctets = (random: Random, octetsMax: number): Uint8Array =>
  Uint8Array.from({ length: integerBetween(random, 0, octetsMax) }, () => integerBetween(random, 0, 255));

const toHexText = (octets: Uint8Array): string => Buffer.from(octets).toString("hex");

test("whatever a client sends, each request has one answer that fits the MTU, and the server goes on", async () => {
  const random = seededRandom(11);
  const att = new AttRig(plainTable);
  for (let round = 0; round < rounds; round += 1) {
    const pdu = anyOctets(random, 40);
    // Handles of this device come up often enough to get past the first check.
    if (pdu.length > 2 && random() < 0.7) pdu.set([integerBetween(random, 1, 0x1c), 0], 1);
    const answer = await att.ask(toHexText(pdu));
    expect(att.sent.splice(0)).toEqual([]);
    expect((answer?.length ?? 0) / 2).toBeLessThanOrEqual(att.server.mtu);
    const opcode = pdu[0] ?? 1;
    const isRequest = opcode % 2 === 0 && (opcode & 0x40) === 0 && opcode !== 0x1e;
    expect(answer !== null).toBe(isRequest || opcode === 0x1d);
  }
  await att.ask("02 1700");
  expect(await att.ask("0A 0300")).toBe("0B506C61696E");
});

test("whatever a peer sends on the Security Manager's channel, it gets a reason at most, and no key", async () => {
  const random = seededRandom(12);
  const rig = new SecurityRig();
  const lengths: Readonly<Record<number, number>> = { 1: 7, 2: 7, 3: 17, 4: 17, 12: 65, 13: 17 };
  for (let round = 0; round < 1_000; round += 1) {
    const code = integerBetween(random, 0, 16);
    const octets = random() < 0.8 ? (lengths[code] ?? 2) : integerBetween(random, 1, 70);
    const pdu = Uint8Array.from({ length: octets }, () => integerBetween(random, 0, random() < 0.5 ? 3 : 255));
    pdu[0] = code;
    const answers = await rig.say(toHexText(pdu));
    expect(answers.length).toBeLessThanOrEqual(3);
  }
  expect(rig.bonds.isEmpty).toBe(true);
  expect(rig.manager.encryption).toBeNull();
});

test("random frames on every channel leave a device that can still be paired with and read", async () => {
  const random = seededRandom(13);
  const probe = Object.assign(new Probe(), { pairing: justWorks });
  const { connect, until, clock } = await frontRig(probe);
  const noisy = await connect(probe.address);
  const targets = [channels.att, channels.leSignalling, channels.securityManager, 0x0001, 0x0040, 0xffff];
  for (let round = 0; round < 500; round += 1) {
    noisy.send(targets[integerBetween(random, 0, targets.length - 1)] ?? 0, anyOctets(random, 80));
    await clock.settle();
  }
  await until(noisy.disconnect());
  // Whoever has failed so often has to wait.
  await clock.advance(60_000);
  const link = await connect(probe.address);
  await until(link.pair({ io: "no-input-no-output", mitm: false, secureConnections: true }));
  expect(await until(link.att.read(gatt.model.handle))).toHaveLength(300);
});

test("random fragments, also of frames that never end, leave the link as it was", async () => {
  const random = seededRandom(14);
  const probe = Object.assign(new Probe(), { requiresBond: false });
  const { connect, until, clock, central } = await frontRig(probe);
  const link = await connect(probe.address);
  for (let round = 0; round < 500; round += 1) {
    central.host.sendAcl(link.handle, integerBetween(random, 0, 1), anyOctets(random, 27));
    await clock.settle();
  }
  expect(await until(link.att.read(gatt.model.handle))).toHaveLength(300);
});
