import { expect, test } from "vitest";
import { BondKeeper } from "../../../gateway/pairing/bond-keeper.ts";
import type { HidingStranger } from "../../../gateway/pairing/hiding-strangers.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { soon } from "../../contracts/gatt-stage.ts";
import { type DeskRig, deskRig, meter } from "./desk-rig.ts";

const hourMs = 3_600_000;
const quarterMs = 900_000;

/** A session with a stranger that does not say who it is, while somebody's device is expected. */
async function meet(
  { keeper }: Pick<DeskRig, "keeper">,
  { address, addressKind, name }: HidingStranger,
): Promise<void> {
  const ticket = await keeper.begin(address, null, soon());
  await ticket.end({ failure: null, bonded: false, deviceId: null, name, wantsPairing: { addressKind } });
}

/** The same stranger, under its next private address. */
const rolling = (turn: number, name: string | null = "Rolling"): HidingStranger => ({
  address: `4A:00:00:00:${octet(turn >> 8)}:${octet(turn)}`,
  addressKind: "random-private",
  name,
});

const lasting = (number: number): HidingStranger => ({
  address: `C0:FF:EE:00:01:${octet(number)}`,
  addressKind: "random-static",
  name: `Lasting ${number}`,
});

const octet = (value: number): string => (value & 0xff).toString(16).padStart(2, "0").toUpperCase();

const rows = async ({ store }: DeskRig): Promise<readonly string[]> =>
  (await store.bonds()).map(({ name }) => name ?? "").toSorted((a, b) => a.localeCompare(b));

const toldOf = ({ events }: DeskRig): readonly (string | null)[] =>
  events.map((event) => (event.type === "bond" ? event.name : event.type));

test("a stranger that takes a new private address again and again has one row, and is told of once", async () => {
  const rig = await deskRig();
  for (let turn = 0; turn < 20; turn += 1) {
    await meet(rig, rolling(turn));
    await rig.clock.advance(quarterMs);
  }
  expect(await rig.store.bonds()).toMatchObject([{ address: rolling(19).address, state: "none", deviceId: null }]);
  expect(toldOf(rig)).toEqual(["Rolling"]);
  for (let number = 0; number < 7; number += 1) await meet(rig, lasting(number));
  expect(await rows(rig)).toHaveLength(8);
});

test("strangers with private addresses give way to one whose address lasts, and do not push it out", async () => {
  const rig = await deskRig();
  for (let turn = 0; turn < 8; turn += 1) {
    await meet(rig, rolling(turn, `Rolling ${turn}`));
    await rig.clock.advance(1_000);
  }
  await meet(rig, lasting(1));
  await meet(rig, rolling(0, "Rolling 0"));
  const others = [1, 2, 3, 4, 5, 6, 7].map((turn) => `Rolling ${turn}`);
  expect(await rows(rig)).toEqual(["Lasting 1", ...others]);
  await rig.clock.advance(2 * hourMs);
  await meet(rig, rolling(9, "Rolling 9"));
  expect(await rows(rig)).toEqual(["Lasting 1", ...others.slice(1), "Rolling 9"]);
});

test("eight whose addresses last stay, whoever comes", async () => {
  const rig = await deskRig();
  for (let number = 0; number < 8; number += 1) await meet(rig, lasting(number));
  const before = await rows(rig);
  await meet(rig, lasting(8));
  await meet(rig, rolling(1));
  await rig.clock.advance(2 * hourMs);
  await meet(rig, rolling(2));
  expect(await rows(rig)).toEqual(before);
});

test("a private address that nobody uses any more is forgotten, also one from before a restart", async () => {
  const rig = await deskRig();
  const { radio, store, clock, keeper } = rig;
  const end = run(keeper);
  await meet(rig, lasting(1));
  await meet(rig, { ...rolling(1), addressKind: "public", name: "Public" });
  await meet(rig, rolling(2));
  await clock.advance(3 * hourMs);
  expect(await rows(rig)).toEqual(["Lasting 1", "Public"]);
  await meet(rig, rolling(3));
  await end();

  const now = (): number => clock.now();
  const components = { radios: [radio], active: () => radio, store, clock, now, log: keptLog() };
  const next = new BondKeeper({ ...components, onEvent: () => undefined });
  const endNext = run(next);
  await meet({ keeper: next }, { ...rolling(1), addressKind: "public", name: "Public" });
  expect(await rows(rig)).toEqual(["Lasting 1", "Public", "Rolling"]);
  await clock.advance(3 * hourMs);
  expect(await rows(rig)).toEqual(["Lasting 1", "Public"]);
  await endNext();
});

/** The keeper at work, until what it resolves with is called. */
function run(keeper: BondKeeper): () => Promise<void> {
  const stop = new AbortController();
  const running = keeper.run(stop.signal);
  return async () => {
    stop.abort();
    await running;
  };
}

test("a stranger that stays under its private address, and is met once an hour, is told of once", async () => {
  const rig = await deskRig();
  const end = run(rig.keeper);
  for (let hour = 0; hour < 6; hour += 1) {
    await meet(rig, rolling(1));
    await rig.clock.advance(hourMs + 60_000);
  }
  expect(toldOf(rig)).toEqual(["Rolling"]);
  await end();
});

test("one that is paired under its newest private address leaves no row of an earlier one behind", async () => {
  const rig = await deskRig();
  await meet(rig, rolling(1, "Meter"));
  await meet(rig, rolling(2, "Other"));
  const bond = rig.radio.keep(meter);
  await rig.keeper.paired({ bond, method: "just-works", forgetsKey: false, heardAs: rolling(3).address });
  expect(await rig.store.bonds()).toMatchObject([{ name: "Other" }, { address: meter, state: "bonded" }]);
});
