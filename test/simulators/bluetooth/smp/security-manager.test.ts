import { expect, test } from "vitest";
import { resolvableOctets } from "../../../../simulators/bluetooth/private-address.ts";
import { fromHex, toHex } from "../../../../device-drivers/kit/hex.ts";
import { PairingFailure } from "../../../../simulators/bluetooth/smp/pairing-channel.ts";
import { c1, s1 } from "../../../../simulators/bluetooth/smp/toolbox.ts";
import type { InitiatorDialogue } from "../../../doubles/bluetooth/smp-initiator.ts";
import { SecurityRig } from "./security-rig.ts";

const quiet: InitiatorDialogue = { io: "no-input-no-output", mitm: false, secureConnections: true };
const able: InitiatorDialogue = { io: "keyboard-display", mitm: true, secureConnections: true };

/** Pairing Request: NoInputNoOutput, no OOB, bonding, a key of 16 octets, the responder's key asked for. */
const legacyRequest = "01 03 00 01 10 00 01";
const secureRequest = "01 03 00 09 10 00 01";
const octets = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0);
const failed = (reason: string): readonly string[] => [`05${reason}`];

const failureOf = async (work: Promise<unknown>): Promise<PairingFailure | null> =>
  await work.then(
    () => null,
    (error: unknown) => {
      if (error instanceof PairingFailure) return error;
      throw error;
    },
  );

test("a response says what the device can do, and promises only keys that were asked for", async () => {
  expect(await new SecurityRig({ traits: { io: "display-only", mitm: true } }).say("01 02 00 0D 10 0F 0F")).toEqual([
    "0200000D100200",
  ]);
  expect(await new SecurityRig({ traits: { secureConnections: false } }).say("01 03 00 09 10 00 03")).toEqual([
    "02030001100001",
  ]);
});

test("requests that cannot be are refused with the reason of the specification", async () => {
  const refused = async (request: string, traits = {}): Promise<readonly string[]> =>
    await new SecurityRig({ traits }).say(request);
  expect(await refused("01 03 00 01 06 00 01")).toEqual(failed("06"));
  expect(await refused("01 03 00 01 11 00 01")).toEqual(failed("06"));
  expect(await refused("01 05 00 01 10 00 01")).toEqual(failed("0A"));
  expect(await refused("01 03 02 01 10 00 01")).toEqual(failed("0A"));
  expect(await refused("01 03 01 09 10 00 01")).toEqual(failed("02"));
  expect(await refused(legacyRequest, { mitm: true, io: "display-only" })).toEqual(failed("03"));
  expect(await refused("01 03 00")).toEqual(failed("0A"));
});

test("a PDU of an unknown code, or out of its turn, fails the pairing, and the next one may begin", async () => {
  const rig = new SecurityRig();
  expect(await rig.say("0F")).toEqual(failed("07"));
  expect(await rig.say(`03${"00".repeat(16)}`)).toEqual(failed("08"));
  expect(await rig.say(legacyRequest)).toEqual(["02030009100001"]);
  expect(await rig.say(`04${"00".repeat(16)}`)).toEqual(failed("08"));
  expect(await rig.say(legacyRequest)).toEqual(["02030009100001"]);
  expect(await rig.say(legacyRequest)).toEqual(failed("08"));
  expect(rig.events).toEqual([
    { type: "pairing-failed", by: "us", reason: 0x08 },
    { type: "pairing-failed", by: "us", reason: 0x08 },
  ]);
});

test("what needs no answer gets none: key presses, failures, silence", async () => {
  const rig = new SecurityRig();
  expect(await rig.say("0E 01", "05 08", "05", "")).toEqual([]);
});

test("a public key off the curve is refused", async () => {
  const rig = new SecurityRig();
  await rig.say(secureRequest);
  expect(await rig.say(`0C${"11".repeat(64)}`)).toEqual(failed("0A"));
});

test("a check value that does not prove the key is refused", async () => {
  const rig = new SecurityRig();
  const failure = await failureOf(
    rig.pair({ ...able, io: "display-yes-no", mitm: false, confirm: () => true, passkey: () => 0 }),
  );
  expect(failure).toBeNull();
  rig.reconnect();
  await rig.say(secureRequest);
  // The x coordinate of the base point of P-256, and its y: a key of somebody who does nothing but be on the curve.
  const x = "96C298D84539A1F4A033EB2D817D0377F240A463E5E6BCF847422CE1F2D1176B";
  const y = "F551BF376840B6CBCE5E316B5733CE2B169E0F7C4AEBE78E9B7F1AFEE242E34F";
  expect((await rig.say(`0C${x}${y}`)).map((pdu) => pdu.slice(0, 2))).toEqual(["0C", "03"]);
  expect((await rig.say(`04${"00".repeat(16)}`)).map((pdu) => pdu.slice(0, 2))).toEqual(["04"]);
  expect(await rig.say(`0D${"00".repeat(16)}`)).toEqual(failed("0B"));
});

for (const secureConnections of [true, false]) {
  const kind = secureConnections ? "Secure Connections" : "legacy pairing";

  test(`a wrong passkey fails ${kind} with the confirm value, and makes no bond`, async () => {
    const rig = new SecurityRig({ traits: { io: "display-only", mitm: true, passkey: 123_456, secureConnections } });
    const failure = await failureOf(rig.pair({ ...able, passkey: () => 123_457 }));
    expect(failure).toMatchObject({ by: "peer", reason: 0x04 });
    expect(rig.bonds.isEmpty).toBe(true);
    expect(rig.events).toEqual([
      { type: "passkey-shown", passkey: 123_456 },
      { type: "pairing-failed", by: "us", reason: 0x04 },
    ]);
  });

  test(`a person who gives up typing fails ${kind} with Passkey Entry Failed`, async () => {
    const rig = new SecurityRig({ traits: { io: "keyboard-only", mitm: true, secureConnections } });
    const failure = await failureOf(rig.pair({ ...able, passkey: () => 123_456 }));
    expect(failure).toMatchObject({ by: "peer", reason: 0x01 });
  });
}

test("a key of 7 octets has 7 octets, in the pairing and in the bond", async () => {
  const rig = new SecurityRig({ traits: { secureConnections: false } });
  const [response = ""] = await rig.say("01 03 00 01 07 00 01");
  const input = {
    pairingRequest: octets("01030001070001"),
    pairingResponse: octets(response),
    initiator: rig.peer,
    responder: rig.own,
  };
  const zeros = new Uint8Array(16);
  await rig.say(`03${toHex(c1(zeros, zeros, input))}`);
  const [random = ""] = await rig.say(`04${toHex(zeros)}`);
  const whole = s1(zeros, octets(random).slice(1), zeros);
  const key = await rig.manager.longTermKey(new Uint8Array(8), 0);
  expect(key).toEqual(Uint8Array.from([...whole.slice(0, 7), ...new Uint8Array(9)]));
  rig.manager.encryptionChanged(true);
  const [information = ""] = await rig.say();
  expect(octets(information).slice(8)).toEqual(new Uint8Array(9));
  expect(rig.bonds.find(rig.peer)?.ltk).toEqual(octets(information).slice(1));
});

test("a person who sees other digits fails the comparison", async () => {
  const rig = new SecurityRig({
    traits: { io: "display-yes-no", mitm: true },
    person: { confirmDigits: async () => false },
  });
  const failure = await failureOf(rig.pair({ ...able, confirm: () => true }));
  expect(failure).toMatchObject({ by: "peer", reason: 0x0c });
});

test("both sides show the same six digits", async () => {
  const rig = new SecurityRig({ traits: { io: "display-yes-no", mitm: true } });
  const shown: number[] = [];
  await rig.pair({ ...able, confirm: (digits) => shown.push(digits) > 0 });
  expect(rig.events[0]).toEqual({ type: "digits-shown", digits: shown[0] });
});

test("a device that is not in its pairing mode does not pair", async () => {
  const rig = new SecurityRig({ person: { allowsPairing: async () => false } });
  expect(await rig.say(legacyRequest)).toEqual(failed("05"));
  const broken = new SecurityRig({ person: { allowsPairing: () => Promise.reject(new Error("nobody is there")) } });
  expect(await broken.say(legacyRequest)).toEqual(failed("05"));
});

test("a pairing that stands still for 30 seconds is over, and nothing is said until the next connection", async () => {
  const rig = new SecurityRig();
  await rig.say(legacyRequest);
  await rig.clock.advance(29_999);
  expect(rig.events).toEqual([]);
  await rig.clock.advance(1);
  expect(rig.events).toEqual([{ type: "pairing-failed", by: "timeout", reason: null }]);
  expect(await rig.say(legacyRequest)).toEqual([]);
  rig.reconnect();
  expect(await rig.say(legacyRequest)).toHaveLength(1);
});

test("a person who is asked hears that it is over when the peer gives up", async () => {
  const asked = Promise.withResolvers<AbortSignal>();
  const rig = new SecurityRig({
    traits: { io: "keyboard-only", mitm: true },
    person: { enterPasskey: (signal) => (asked.resolve(signal), new Promise(() => undefined)) },
  });
  await rig.say("01 04 00 0D 10 00 01");
  const signal = await asked.promise;
  expect(signal.aborted).toBe(false);
  await rig.say("05 08");
  expect(signal.aborted).toBe(true);
  expect(rig.events).toEqual([{ type: "pairing-failed", by: "peer", reason: 0x08 }]);
});

test("who fails again and again has to wait, longer each time", async () => {
  const rig = new SecurityRig({ traits: { io: "display-only", mitm: true, passkey: 1 } });
  const attempt = async (): Promise<number | null> =>
    (await failureOf(rig.pair({ ...able, passkey: () => 2 })))?.reason ?? null;
  expect([await attempt(), await attempt(), await attempt()]).toEqual([0x04, 0x04, 0x04]);
  expect(await attempt()).toBe(0x09);
  await rig.clock.advance(5_000);
  expect(await attempt()).toBe(0x04);
  await rig.clock.advance(5_000);
  expect(await attempt()).toBe(0x09);
  await rig.clock.advance(5_000);
  expect(await failureOf(rig.pair({ ...able, passkey: () => 1 }))).toBeNull();
});

test("a bond encrypts the next connection by its own numbers, and by no others", async () => {
  for (const secureConnections of [true, false]) {
    const rig = new SecurityRig({ traits: { secureConnections } });
    const bond = await rig.pair(quiet);
    rig.reconnect();
    expect(rig.manager.encryption).toBeNull();
    expect(await rig.encrypt({ ...bond, diversifier: bond.diversifier ^ 1 })).toBe(0x06);
    expect(await rig.encrypt(bond)).toBe(0);
    expect(rig.manager.encryption).toEqual({ authenticated: false });
    rig.bonds.forgetAll();
    rig.reconnect();
    expect(await rig.encrypt(bond)).toBe(0x06);
  }
});

test("what was proven in pairing is known of the link, also after the bond is used again", async () => {
  const rig = new SecurityRig({ traits: { io: "display-only", mitm: true, passkey: 5 } });
  const bond = await rig.pair({ ...able, passkey: () => 5 });
  expect(rig.manager.encryption).toEqual({ authenticated: true });
  rig.reconnect();
  await rig.encrypt(bond);
  expect(rig.manager.encryption).toEqual({ authenticated: true });
});

test("security is asked for once, and only where there is none", async () => {
  const rig = new SecurityRig({ traits: { io: "display-only", mitm: true, secureConnections: false } });
  rig.manager.requestSecurity();
  expect(await rig.say()).toEqual(["0B05"]);
  rig.manager.encryptionChanged(true);
  rig.manager.requestSecurity();
  expect(await rig.say()).toEqual([]);
});

test("a central with a private address is recognised by the key that it gave", async () => {
  const irk = Uint8Array.from({ length: 16 }, (_, at) => at);
  const rig = new SecurityRig();
  const identity = { kind: "public", octets: Uint8Array.of(9, 9, 9, 9, 9, 9) } as const;
  rig.bonds.keep({
    peer: identity,
    peerIrk: irk,
    ltk: new Uint8Array(16),
    random: new Uint8Array(8),
    diversifier: 0,
    authenticated: false,
    secureConnections: true,
  });
  const ours = resolvableOctets(irk, Uint8Array.of(1, 2, 3));
  expect(rig.bonds.find({ kind: "random", octets: ours })?.peer).toEqual(identity);
  expect(rig.bonds.find({ kind: "public", octets: ours })).toBeNull();
  const others = resolvableOctets(irk.toReversed(), Uint8Array.of(1, 2, 3));
  expect(rig.bonds.find({ kind: "random", octets: others })).toBeNull();
  expect(rig.bonds.find({ kind: "random", octets: Uint8Array.of(1, 2, 3, 4, 5, 0xc6) })).toBeNull();
});

test("a device remembers few centrals, and forgets the oldest", async () => {
  const rig = new SecurityRig();
  const addressOf = (last: number) => ({ kind: "public", octets: Uint8Array.of(last, 0, 0, 0, 0, 0) }) as const;
  for (let central = 0; central < 6; central += 1) {
    rig.bonds.keep({
      peer: addressOf(central),
      peerIrk: null,
      ltk: new Uint8Array(16),
      random: new Uint8Array(8),
      diversifier: 0,
      authenticated: false,
      secureConnections: true,
    });
  }
  expect([0, 1, 2, 3, 4, 5].filter((central) => rig.bonds.find(addressOf(central)) !== null)).toEqual([2, 3, 4, 5]);
});

test("a link that is encrypted with the key of an older bond does not finish the pairing that is under way", async () => {
  const rig = new SecurityRig({ traits: { secureConnections: false } });
  const older = await rig.pair(quiet);
  rig.reconnect();
  rig.events.splice(0);
  const [response = ""] = await rig.say(legacyRequest);
  await proveByZeros(rig, legacyRequest.replaceAll(" ", ""), response);
  expect(await rig.encrypt(older)).toBe(0);
  expect(await rig.say()).toEqual([]);
  expect(rig.events).toEqual([]);
});

test("a key that comes before the link is encrypted fails the pairing", async () => {
  const rig = new SecurityRig({ traits: { secureConnections: false } });
  // The initiator promises its identity key.
  const [response = ""] = await rig.say("01 03 00 01 10 02 01");
  await proveByZeros(rig, "01030001100201", response);
  expect(await rig.say(`08${"11".repeat(16)}`)).toEqual(failed("08"));
  expect(rig.bonds.isEmpty).toBe(true);
});

/** The initiator's part of legacy Just Works, with zeros for its random number. */
async function proveByZeros(rig: SecurityRig, request: string, response: string): Promise<void> {
  const zeros = new Uint8Array(16);
  const input = {
    pairingRequest: octets(request),
    pairingResponse: octets(response),
    initiator: rig.peer,
    responder: rig.own,
  };
  await rig.say(`03${toHex(c1(zeros, zeros, input))}`);
  await rig.say(`04${toHex(zeros)}`);
}
