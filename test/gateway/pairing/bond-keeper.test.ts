import { expect, test } from "vitest";
import type { DeviceInformation } from "../../../device-drivers/kit/driver.ts";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import type { DeviceIdentity } from "../../../gateway/collect/device-identity.ts";
import { gattFingerprint } from "../../../gateway/collect/gatt-fingerprint.ts";
import type { ShownDevice } from "../../../gateway/collect/session-bonds.ts";
import { kioskDevices, setKioskDevice } from "../../../gateway/kiosk/kiosk-devices.ts";
import { forgetDevice } from "../../../gateway/pairing/forget-device.ts";
import { codeOf, soon } from "../../contracts/gatt-stage.ts";
import { probeCharacteristics } from "../../contracts/gatt-link-probe.ts";
import { type DeskRig, deskRig, meter } from "./desk-rig.ts";

const refused = gattErrors.make("bond-lost", "refused");
const id = "system-id:C05349FFFE4D0001";
const identity: DeviceIdentity = { type: "identified", id };

const information: DeviceInformation = {
  manufacturer: "Maker",
  model: "M-1",
  serial: "S1",
  firmware: "1.0",
  hardware: null,
  software: null,
  systemId: null,
  batteryPercent: null,
};

const shown = (changes: Partial<ShownDevice> = {}): ShownDevice => ({
  address: meter,
  bonded: true,
  information,
  fingerprint: "aa",
  ...changes,
});

async function paired(): Promise<DeskRig> {
  const rig = await deskRig();
  const bond = rig.radio.keep(meter);
  await rig.keeper.paired({ bond, method: "passkey-entry", forgetsKey: false });
  return rig;
}

const session = async ({ keeper }: DeskRig, failure: typeof refused | null, bonded = true): Promise<void> => {
  const ticket = await keeper.begin(meter, null, soon());
  await ticket.end({ failure, bonded, deviceId: id, name: "Meter" });
};

const told = ({ events }: DeskRig): readonly (readonly [string, string])[] =>
  events.map((event) => (event.type === "bond" ? [event.state, event.told.slice(0, 24)] : [event.type, ""]));

test("a key that the device refuses is lost, which is told once, and the device is left alone for an hour", async () => {
  const rig = await paired();
  await session(rig, refused);
  await session(rig, refused);
  expect(told(rig)).toEqual([
    ["bonded", "Meter is paired."],
    ["lost", "Meter no longer accepts "],
  ]);
  expect(await rig.store.bonds()).toMatchObject([{ state: "lost" }]);
  expect(await codeOf(rig.keeper.begin(meter, null, soon()))).toBe("bond-lost");
  await rig.clock.advance(3_600_000);
  await session(rig, null);
  expect(told(rig).at(-1)).toEqual(["bonded", "Meter accepts its key ag"]);
  expect(await rig.store.bonds()).toMatchObject([{ state: "bonded" }]);
});

test("pairing it again repairs a lost key at once", async () => {
  const rig = await paired();
  await session(rig, refused);
  await rig.keeper.paired({ bond: rig.radio.keep(meter), method: "passkey-entry", forgetsKey: false });
  await session(rig, null);
  expect(told(rig).at(-1)).toEqual(["bonded", "Meter is paired again, a"]);
});

test("a device that asks for a key and was never paired is told of once", async () => {
  const rig = await deskRig();
  await session(rig, refused, false);
  await session(rig, refused, false);
  expect(told(rig)).toEqual([["none", "Meter gives its readings"]]);
});

test("what another program does with keys is noticed, and what the gateway does itself is not", async () => {
  const rig = await deskRig();
  rig.watch();
  const giveBack = rig.keeper.turns.tryTake(meter);
  rig.radio.keep(meter);
  await rig.clock.advance(10);
  giveBack?.();
  expect(told(rig)).toEqual([]);
  await rig.keeper.paired({ bond: rig.radio.keep(meter), method: "just-works", forgetsKey: false });
  await rig.radio.forget(meter);
  await expect.poll(() => told(rig).at(-1)).toEqual(["lost", "The key of Meter was rem"]);
  rig.radio.keep(meter);
  await expect.poll(() => told(rig).at(-1)).toEqual(["bonded", "Meter was paired by anot"]);
  rig.radio.feed.tell({ type: "bond-refused", address: meter });
  await expect.poll(() => told(rig).at(-1)).toEqual(["lost", "Meter no longer accepts "]);
});

test("a key that was removed while the gateway was away is missed at its start", async () => {
  const rig = await paired();
  rig.radio.keys.clear();
  rig.radio.keys.set("C0:FF:EE:00:00:09", { address: "C0:FF:EE:00:00:09", addressKind: "random-static", name: null });
  rig.watch();
  await expect.poll(() => told(rig).at(-1)).toEqual(["lost", "The key of Meter was rem"]);
});

test("the first session after pairing is what the device is judged by", async () => {
  const rig = await paired();
  expect(await rig.keeper.judge(identity, shown())).toEqual({ identity, wasPaired: true });
  expect(await rig.store.bonds()).toMatchObject([{ deviceId: id, serial: "S1", model: "M-1", fingerprint: "aa" }]);
  expect(await rig.keeper.judge(identity, shown())).toEqual({ identity, wasPaired: true });
});

test.each([
  ["another serial number", { information: { ...information, serial: "S2" } }],
  ["another model", { information: { ...information, model: "M-2" } }],
  ["another GATT table", { fingerprint: "bb" }],
])("%s under the same bond is in doubt, until it is paired again", async (_, changes) => {
  const rig = await paired();
  await rig.keeper.judge(identity, shown());
  const judged = await rig.keeper.judge(identity, shown(changes));
  expect(judged.identity).toMatchObject({ type: "doubtful", doubt: "mismatch", id: `doubtful:${meter}` });
  await rig.keeper.paired({ bond: rig.radio.keep(meter), method: "passkey-entry", forgetsKey: false });
  expect((await rig.keeper.judge(identity, shown(changes))).identity).toEqual(identity);
});

test("another device identity under the same bond is in doubt, and what was not told this time is not", async () => {
  const rig = await paired();
  await rig.keeper.judge(identity, shown());
  const other: DeviceIdentity = { type: "identified", id: "system-id:FF" };
  expect((await rig.keeper.judge(other, shown())).identity.type).toBe("doubtful");
  const silent = shown({ information: { ...information, serial: null, model: null } });
  expect((await rig.keeper.judge(identity, silent)).identity).toEqual(identity);
});

test("a device that was paired is not read without its key", async () => {
  const { keeper } = await paired();
  expect(await codeOf(keeper.judge(identity, shown({ bonded: false })))).toBe("bond-lost");
});

test("a device that was never paired here is judged by its first session too, if it has a key", async () => {
  const { keeper, store } = await deskRig();
  expect(await keeper.judge(identity, shown({ bonded: false }))).toEqual({ identity, wasPaired: false });
  expect(await store.bonds()).toEqual([]);
  expect(await keeper.judge(identity, shown())).toEqual({ identity, wasPaired: false });
  expect((await keeper.judge(identity, shown({ fingerprint: "bb" }))).identity.type).toBe("doubtful");
});

test("a device that forgets its key is paired anew before each session, by Just Works and by nobody's leave", async () => {
  const { keeper, radio, clock } = await deskRig();
  const answers: unknown[] = [];
  radio.exchange = async (dialogue, signal) => {
    answers.push(await dialogue.authorise(signal), await dialogue.confirmPasskey(1, signal));
    answers.push(await dialogue.enterPasskey(signal).catch(() => "nobody"));
  };
  await keeper.paired({ bond: radio.keep(meter), method: "just-works", forgetsKey: true });
  const ticket = await clock.runUntil(keeper.begin(meter, null, new AbortController().signal));
  expect(radio.requests).toEqual([{ address: meter, io: "no-input-no-output" }]);
  expect(answers).toEqual([true, false, "nobody"]);
  await ticket.end({ failure: refused, bonded: true, deviceId: id, name: null });
  expect((await keeper.bondOf(meter))?.state).toBe("bonded");
});

test("a device is paired or read, never both", async () => {
  const rig = await paired();
  const { keeper } = rig;
  const ticket = await keeper.begin(meter.toLowerCase(), null, soon());
  expect(await codeOf(keeper.begin(meter, null, soon()))).toBe("device-being-paired");
  await ticket.end({ failure: null, bonded: true, deviceId: id, name: null });
  await session(rig, null);
});

test("forgetting a device forgets its key, which then is not missed, and that it stays at the kiosk", async () => {
  const rig = await paired();
  const { keeper, store, radio } = rig;
  rig.watch();
  await keeper.judge(identity, shown());
  await setKioskDevice(store, id, true);
  expect(await forgetDevice({ store, keeper }, id)).toEqual({ wasKnown: true, key: "removed" });
  expect(await kioskDevices(store)).toEqual(new Set());
  expect(await forgetDevice({ store, keeper }, id)).toEqual({ wasKnown: false, key: "none" });
  await rig.clock.advance(10);
  expect({ keys: radio.keys.size, bonds: await store.bonds(), told: told(rig).length }).toEqual({
    keys: 0,
    bonds: [],
    told: 1,
  });
});

test("a fingerprint is of what the driver reads: firmware that moves handles or adds services keeps it", () => {
  const table = Object.values(probeCharacteristics);
  const moved = table.map(({ handle, ...rest }) => Object.assign(rest, { handle: handle + 8 }));
  const more = [...moved, { service: "180F", uuid: "2A19", handle: 90, properties: ["read"] as const }];
  const print = gattFingerprint(table, ["1808"]);
  expect(gattFingerprint(more.toReversed(), ["1808"])).toBe(print);
  expect(gattFingerprint(table.slice(0, -1), ["1808"])).not.toBe(print);
  expect(gattFingerprint(table, ["1810"])).not.toBe(print);
});
