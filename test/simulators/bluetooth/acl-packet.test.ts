import { expect, test } from "vitest";
import { decodeAcl, encodeAcl } from "../../../simulators/bluetooth/acl-packet.ts";

test("data says its connection and whether it begins a frame", () => {
  const data = decodeAcl(Uint8Array.of(0x02, 0x40, 0x20, 2, 0, 7, 8));
  expect(data).toEqual({ handle: 0x40, isFirst: true, fragment: Uint8Array.of(7, 8) });
  expect(decodeAcl(Uint8Array.of(0x02, 0x40, 0x10, 0, 0))?.isFirst).toBe(false);
  expect(decodeAcl(Uint8Array.of(0x02, 0x40, 0x20, 3, 0, 7, 8))).toBeNull();
  expect(decodeAcl(Uint8Array.of(0x04, 0x40, 0x20, 0, 0))).toBeNull();
});

test("a packet is its handle with the boundary flag of who sends it, its length and its data", () => {
  const packet = { handle: 0x0040, isFirst: true, fragment: Uint8Array.of(7, 8) };
  expect([...encodeAcl(packet, "host")]).toEqual([0x02, 0x40, 0x00, 2, 0, 7, 8]);
  expect([...encodeAcl(packet, "controller")]).toEqual([0x02, 0x40, 0x20, 2, 0, 7, 8]);
  for (const by of ["host", "controller"] as const) {
    expect([...encodeAcl({ ...packet, isFirst: false }, by)]).toEqual([0x02, 0x40, 0x10, 2, 0, 7, 8]);
    expect(decodeAcl(encodeAcl(packet, by))).toEqual(packet);
  }
});
