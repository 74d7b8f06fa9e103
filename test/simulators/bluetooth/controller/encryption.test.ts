import { expect, test } from "vitest";
import { connectPair, hex, type Linked, type LinkRig, startRig } from "../link-rig.ts";
import { leEvent } from "../../../doubles/bluetooth/le-central.ts";

const key = Uint8Array.from({ length: 16 }, (_, index) => index);
const otherKey = Uint8Array.from({ length: 16 }, () => 0xff);
const random = Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1);
const bond = { key, random, diversifier: 0x1234, isAuthenticated: false };

interface Encrypting extends LinkRig, Linked {
  readonly encrypted: Promise<number>;
}

/** A link on which the central has just asked for encryption, and the peripheral's host has the question. */
async function startEncryption(options: Parameters<typeof startRig>[0] = {}): Promise<Encrypting> {
  const rig = await startRig(options);
  const linked = await connectPair(rig);
  const encrypted = linked.link.encrypt(bond);
  const question = await rig.clock.runUntil(rig.peripheral.event(leEvent.longTermKeyRequest));
  expect(hex(question)).toBe("400008070605040302013412");
  return { ...rig, ...linked, encrypted };
}

const giveKey = async ({ peripheral }: LinkRig, given: Uint8Array): Promise<string> =>
  hex(await peripheral.command(0x201a, 0x40, 0x00, ...given));

test("one key at both ends encrypts the link, and both hear of it", async () => {
  const stage = await startEncryption();
  expect(await giveKey(stage, key)).toBe("004000");
  expect(await stage.encrypted).toBe(0);
  expect(hex(await stage.peripheral.event(0x08))).toBe("00400001");
});

test("a peripheral without the key leaves the link plain: PIN or Key Missing", async () => {
  const stage = await startEncryption();
  expect(hex(await stage.peripheral.command(0x201b, 0x40, 0x00))).toBe("004000");
  expect(await stage.encrypted).toBe(0x06);
  expect(stage.peripheral.heard).toEqual([]);
  stage.peripheral.sendAcl(0x40, 0, Uint8Array.of(1));
  await stage.clock.settle();
  expect(stage.central.host.data).toHaveLength(1);
});

test("two keys that differ end the link for both: MIC Failure", async () => {
  const stage = await startEncryption();
  await giveKey(stage, otherKey);
  expect(await stage.encrypted).toBe(0x3d);
  expect(hex(await stage.peripheral.event(0x05))).toBe("0040003d");
});

test("a key that is refreshed is told as such", async () => {
  const stage = await startEncryption();
  await giveKey(stage, key);
  await stage.encrypted;
  stage.peripheral.heard.splice(0);
  const refreshed = stage.link.encrypt(bond);
  await stage.peripheral.event(leEvent.longTermKeyRequest);
  await giveKey(stage, key);
  expect(await refreshed).toBe(0);
  expect(hex(await stage.peripheral.event(0x30))).toBe("004000");
});

test("a link that was encrypted does not fall back: without the key for a refresh it ends", async () => {
  const stage = await startEncryption();
  await giveKey(stage, key);
  await stage.encrypted;
  stage.peripheral.heard.splice(0);
  const refreshed = stage.link.encrypt(bond);
  await stage.peripheral.event(leEvent.longTermKeyRequest);
  await stage.peripheral.command(0x201b, 0x40, 0x00);
  expect(await refreshed).toBe(0x06);
  expect(hex(await stage.peripheral.event(0x05))).toBe("00400006");
});

test("data waits until the encryption has begun", async () => {
  const stage = await startEncryption();
  stage.peripheral.sendAcl(0x40, 0, Uint8Array.of(1));
  await stage.clock.advance(1_000);
  expect(stage.central.host.data).toEqual([]);
  await giveKey(stage, key);
  await stage.encrypted;
  expect(stage.central.host.data).toHaveLength(1);
});

test("a host that gives no answer for 40 s ends the link", async () => {
  const stage = await startEncryption();
  await stage.clock.advance(39_999);
  expect(stage.peripheral.heard).toEqual([]);
  await stage.clock.advance(1);
  expect(await stage.encrypted).toBe(0x22);
});

test("a host that has masked the question has no key", async () => {
  const rig = await startRig();
  await rig.peripheral.command(0x2001, 0x0f, 0, 0, 0, 0, 0, 0, 0);
  const { link } = await connectPair(rig);
  expect(await link.encrypt(bond)).toBe(0x06);
});

test("keys that nobody asked for are refused, and the peripheral does not ask for encryption", async () => {
  const rig = await startRig();
  await connectPair(rig);
  expect(await giveKey(rig, key)).toBe("0c4000");
  expect(hex(await rig.peripheral.command(0x201b, 0x40, 0x00))).toBe("0c4000");
  expect(hex(await rig.peripheral.command(0x2019, 0x40, 0x00, ...new Uint8Array(26)))).toBe("0c");
});
