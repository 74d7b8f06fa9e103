import { expect, test } from "vitest";
import { decodeCharacteristic, fieldsToJson, knownCharacteristics } from "../../device-drivers/characteristics.ts";
import { frameVectors, octets } from "./vectors.ts";

function jsonOf(characteristic: string, hex: string): string {
  const decoded = decodeCharacteristic(characteristic, octets(hex));
  return decoded.ok ? fieldsToJson(decoded.value) : decoded.error.reason;
}

test("numbers are printed as the device meant them, with the zeros of its resolution", () => {
  expect(jsonOf("SFLOAT", "3CF0")).toBe('{"value":6.0}');
  expect(jsonOf("SFLOAT", "1AB0")).toBe('{"value":0.00026}');
  expect(jsonOf("2A18", "070100E3070815061F0DB4003BC0F1")).toContain('"glucoseMmolL":{"value":5.9,"unit":"mmol/L"}');
  expect(jsonOf("2A35", "DEF6F416F3FF07E4070114082B00B2F2018000")).toContain(
    '"systolic":{"value":127.0,"unit":"mmHg"},"diastolic":{"value":79.0,"unit":"mmHg"}',
  );
  expect(jsonOf("2A14", "02010112")).toContain('"accuracy":{"value":0.125,"unit":"s"}');
});

test("the longest number that a FLOAT can say is printed digit by digit", () => {
  expect(jsonOf("FLOAT", "FFFF7F7F")).toBe(`{"value":8388607${"0".repeat(127)}}`);
  expect(jsonOf("FLOAT", "01000080")).toBe(`{"value":0.${"0".repeat(127)}1}`);
});

test("each special value has its name", () => {
  const specials = ["FF07", "FE07", "0208", "0008", "0108"].map((hex) => jsonOf("SFLOAT", hex));
  expect(specials.map((json) => JSON.parse(json).special)).toEqual(["NaN", "+INF", "-INF", "NRes", "RFU"]);
  expect(jsonOf("2A35", "16FF07FF07FF07E80706170E230AFF070000")).toContain(
    '"systolic":{"value":null,"special":"NaN","unit":"mmHg"}',
  );
});

test("the HI and LO of a meter are infinities in every unit", () => {
  const high = jsonOf("2A18", "020100E807030F0E1E2DFE0711");
  expect(high).toContain('"glucoseMgDl":{"value":null,"special":"+INF","unit":"mg/dL"}');
});

test("a UUID is known in either case, and in its long form", () => {
  const forms = ["2A19", "2a19", "0x2A19", "00002a19-0000-1000-8000-00805f9b34fb"];
  expect(forms.map((form) => jsonOf(form, "64"))).toEqual(forms.map(() => '{"level":{"value":100,"unit":"%"}}'));
});

test("a characteristic that is not known is a fault that names it", () => {
  const foreign = ["FFF1", "00002A19-0000-1000-8000-000000000000", "constructor"];
  for (const characteristic of foreign) {
    const decoded = decodeCharacteristic(characteristic, octets("64"));
    expect(decoded).toMatchObject({ ok: false, error: { field: "characteristic" } });
    expect(jsonOf(characteristic, "64")).toContain(characteristic);
  }
});

test("every characteristic that is known has a name, and a vector or a length of its own", () => {
  const withVectors = new Set(frameVectors.map(({ characteristic }) => characteristic));
  const without = knownCharacteristics.filter(({ uuid, name }) => name === "" || !withVectors.has(uuid));
  // The strings of Device Information that share one decoder.
  expect(without.map(({ uuid }) => uuid)).toEqual(["2A26", "2A27", "2A28"]);
});

test("what is shown is JSON whatever the octets are", () => {
  const fillers = [0, 1, 3, 5, 6, 0x1f, 0x7e, 0x80, 0xff];
  const lines = knownCharacteristics.flatMap(({ uuid }) =>
    fillers.flatMap((octet) => {
      const decoded = decodeCharacteristic(uuid, new Uint8Array(20).fill(octet));
      return decoded.ok ? [fieldsToJson(decoded.value)] : [];
    }),
  );
  expect(lines.length).toBeGreaterThan(100);
  expect(lines.map((line) => typeof JSON.parse(line))).toEqual(lines.map(() => "object"));
});

test("reserved flag bits that a device sets are shown, and change nothing else", () => {
  const shown = JSON.parse(jsonOf("2A35", "DEE2F43EF3FF07E807031302210034F301C000"));
  expect(shown).toMatchObject({ rfuFlagBits: 192, statusFlags: [], pulseRange: "in_range" });
  expect(jsonOf("2A35", "00780050006400")).not.toContain("rfuFlagBits");
});

test("two octets after an enhanced frame are shown as its E2E-CRC, and whether it matches", () => {
  const frame = "00780050006400";
  expect(jsonOf("2B34", frame)).not.toContain("crcOk");
  expect(JSON.parse(jsonOf("2B34", `${frame}0000`))).toMatchObject({ e2eCrc: 0, crcOk: false });
});
