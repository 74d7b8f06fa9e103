import { expect, test } from "vitest";
import { keyPair } from "../../../../simulators/bluetooth/smp/key-agreement.ts";
import { aesCmac, c1, f4, f5, f6, g2, s1, type SmpAddress } from "../../../../simulators/bluetooth/smp/toolbox.ts";
import { samples } from "./sample-data.ts";

/** As the toolbox takes it: least significant octet first. */
const le = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex")).toReversed();
const be = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const publicAddress = (hex: string): SmpAddress => ({ kind: "public", octets: le(hex) });

test("c1 gives the confirm value of the specification's example", () => {
  const { temporaryKey, random, pairingRequest, pairingResponse, initiator, responder, confirm } = samples.c1;
  const input = {
    pairingRequest: le(pairingRequest),
    pairingResponse: le(pairingResponse),
    initiator: { kind: initiator.kind, octets: le(initiator.address) },
    responder: { kind: responder.kind, octets: le(responder.address) },
  };
  expect(c1(le(temporaryKey), le(random), input)).toEqual(le(confirm));
});

test("s1 gives the short-term key of the specification's example", () => {
  const { temporaryKey, r1, r2, shortTermKey } = samples.s1;
  expect(s1(le(temporaryKey), le(r1), le(r2))).toEqual(le(shortTermKey));
});

test.for(Object.entries(samples.cmac.macs))("AES-CMAC of %s octets is that of RFC 4493", ([octets, mac]) => {
  const message = be(samples.cmac.message).subarray(0, Number(octets));
  expect(aesCmac(be(samples.cmac.key), message)).toEqual(be(mac));
});

test("f4 gives the specification's confirm value", () => {
  const { u, v, x, z, confirm } = samples.f4;
  expect(f4({ u: le(u), v: le(v) }, le(x), z)).toEqual(le(confirm));
});

test("f5 gives the specification's MacKey and long-term key", () => {
  const { dhKey, n1, n2, a1, a2, macKey, ltk } = samples.f5;
  const input = { n1: le(n1), n2: le(n2), a1: publicAddress(a1), a2: publicAddress(a2) };
  expect(f5(le(dhKey), input)).toEqual({ macKey: le(macKey), ltk: le(ltk) });
});

test("f6 gives the specification's check value", () => {
  const { macKey, n1, n2, r, ioCap, a1, a2, check } = samples.f6;
  const input = { n1: le(n1), n2: le(n2), ioCap: le(ioCap), a1: publicAddress(a1), a2: publicAddress(a2) };
  expect(f6(le(macKey), le(r), input)).toEqual(le(check));
});

test("g2 gives the specification's number", () => {
  const { u, v, x, y, whole } = samples.g2;
  expect(g2({ u: le(u), v: le(v) }, le(x), le(y))).toBe(whole);
});

test("both sides of the specification's key agreement arrive at its key", () => {
  const { privateA, privateB, publicAx, publicAy, publicBx, publicBy, dhKey } = samples.ecdh;
  const a = keyPair(le(privateA));
  const b = keyPair(le(privateB));
  expect(a.publicKey).toEqual({ x: le(publicAx), y: le(publicAy) });
  expect(b.publicKey).toEqual({ x: le(publicBx), y: le(publicBy) });
  expect(a.agree(b.publicKey)).toEqual(le(dhKey));
  expect(b.agree(a.publicKey)).toEqual(le(dhKey));
});

test("a public key that is not on the curve agrees to nothing", () => {
  const { publicAx, publicBy, privateB } = samples.ecdh;
  expect(keyPair(le(privateB)).agree({ x: le(publicAx), y: le(publicBy) })).toBeNull();
});
