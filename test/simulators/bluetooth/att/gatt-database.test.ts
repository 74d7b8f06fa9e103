import { expect, test } from "vitest";
import { toHex } from "../../../../device-drivers/kit/hex.ts";
import { databaseHash, gattDatabase } from "../../../../simulators/bluetooth/att/gatt-database.ts";
import { uuidOctets, uuidText } from "../../../../simulators/bluetooth/att/uuid.ts";
import { plainTable } from "./att-rig.ts";

const fixed = (handle: number, type: string, value: readonly number[] = []) => ({
  handle,
  type,
  content: { kind: "fixed", value: Uint8Array.from(value) } as const,
});

test("the hash of the specification's example database is the specification's", () => {
  // Core Vol 3 Part G, Appendix B.
  const example = [
    fixed(0x0001, "2800", [0x00, 0x18]),
    fixed(0x0002, "2803", [0x0a, 0x03, 0x00, 0x00, 0x2a]),
    fixed(0x0003, "2A00"),
    fixed(0x0004, "2803", [0x02, 0x05, 0x00, 0x01, 0x2a]),
    fixed(0x0005, "2A01"),
    fixed(0x0006, "2800", [0x01, 0x18]),
    fixed(0x0007, "2803", [0x20, 0x08, 0x00, 0x05, 0x2a]),
    fixed(0x0008, "2A05"),
    fixed(0x0009, "2902"),
    fixed(0x000a, "2803", [0x0a, 0x0b, 0x00, 0x29, 0x2b]),
    fixed(0x000b, "2B29"),
    fixed(0x000c, "2803", [0x02, 0x0d, 0x00, 0x2a, 0x2b]),
    fixed(0x000d, "2B2A"),
    fixed(0x000e, "2800", [0x08, 0x18]),
    fixed(0x000f, "2802", [0x14, 0x00, 0x16, 0x00, 0x0f, 0x18]),
    fixed(0x0010, "2803", [0xa2, 0x11, 0x00, 0x18, 0x2a]),
    fixed(0x0011, "2A18"),
    fixed(0x0012, "2902"),
    fixed(0x0013, "2900", [0x00, 0x00]),
    fixed(0x0014, "2801", [0x0f, 0x18]),
    fixed(0x0015, "2803", [0x02, 0x16, 0x00, 0x19, 0x2a]),
    fixed(0x0016, "2A19"),
  ];
  expect(toHex(databaseHash(example))).toBe("F1CA2D48ECF58BAC8A8830BBB9FBA990");
});

test("values have the handles that the device declares, with their declarations and CCCDs around them", () => {
  const { attributes, valueHandle, configurationHandle } = gattDatabase(plainTable);
  for (const { handle } of plainTable.characteristics) expect(valueHandle(handle)).toBe(handle);
  expect(attributes.map(({ handle }) => handle).slice(11)).toEqual(
    Array.from({ length: 15 }, (_, position) => 0x0e + position),
  );
  expect(configurationHandle(0x13)).toBe(0x14);
  expect(configurationHandle(0x10)).toBeNull();
});

test("where a device declares what cannot be, it moves up, and the handles of the air still lead to it", () => {
  const crowded = {
    ...plainTable,
    characteristics: [
      { service: "1810", uuid: "2A35", handle: 1, properties: ["indicate"] },
      { service: "1808", uuid: "2A18", handle: 2, properties: ["notify"] },
      { service: "1810", uuid: "2A49", handle: 3, properties: ["read"] },
    ],
  } as const;
  const database = gattDatabase(crowded);
  const handles = database.attributes.map(({ handle }) => handle);
  expect(handles).toEqual([...new Set(handles)].toSorted((one, other) => one - other));
  for (const { handle, uuid } of crowded.characteristics) {
    expect(database.get(database.valueHandle(handle) ?? 0)?.type).toBe(uuid);
  }
  // The characteristics of a service stand together.
  expect(database.attributes.filter(({ groupEnd }) => groupEnd !== null)).toHaveLength(4);
});

test("another table has another hash, and the same one the same", () => {
  const more = { service: "180F", uuid: "2A19", handle: 0x30, properties: ["read"] } as const;
  const changed = { ...plainTable, characteristics: [...plainTable.characteristics, more] };
  expect(gattDatabase(plainTable).hash).toEqual(gattDatabase({ ...plainTable, name: "Renamed" }).hash);
  expect(gattDatabase(plainTable).hash).not.toEqual(gattDatabase(changed).hash);
});

test("a UUID that the SIG assigned is the same, short or spelt out", () => {
  expect(uuidText(uuidOctets("2A35"))).toBe("2A35");
  expect(uuidText(uuidOctets("00002A35-0000-1000-8000-00805F9B34FB"))).toBe("2A35");
  const own = "00010203-0405-0607-0809-0A0B0C0D0E0F";
  expect(uuidText(uuidOctets(own))).toBe(own);
  expect(uuidText(Uint8Array.of(1, 2, 3))).toBeNull();
});
