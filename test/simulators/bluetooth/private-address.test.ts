import { expect, test } from "vitest";
import { ah, isResolvedBy, resolvableOctets } from "../../../simulators/bluetooth/private-address.ts";
import { samples } from "./smp/sample-data.ts";

const octets = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex").toReversed());
const irk = octets(samples.ah.irk);

test("ah gives the specification's hash of a resolvable private address", () => {
  expect(ah(irk, octets(samples.ah.prand))).toEqual(octets(samples.ah.hash));
});

test("an address is resolved by the key that it was made with, and by no other", () => {
  const address = resolvableOctets(irk, octets(samples.ah.prand));
  expect(address).toEqual(octets(samples.ah.prand + samples.ah.hash));
  expect(isResolvedBy(irk, address)).toBe(true);
  expect(isResolvedBy(irk.toReversed(), address)).toBe(false);
});

test("whatever the random part is, the two highest bits say that the address is resolvable, and others are not tried", () => {
  const address = resolvableOctets(irk, Uint8Array.of(0xff, 0xff, 0xff));
  expect((address[5] ?? 0) >> 6).toBe(0b01);
  const asStatic = address.with(5, (address[5] ?? 0) | 0xc0);
  expect(isResolvedBy(irk, asStatic)).toBe(false);
});
