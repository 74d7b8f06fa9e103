import { expect, test } from "vitest";
import { AttRig, plainTable } from "./att-rig.ts";

const rig = (): AttRig => new AttRig(plainTable);
const longText = Uint8Array.from({ length: 300 }, (_, at) => at % 256);

/** Hex as the server sends it. */
const hex = (text: string): string => text.replaceAll(" ", "");

test("services are discovered with the ends of their groups", async () => {
  const att = rig();
  expect(await att.ask("10 0100 FFFF 0028")).toBe(hex("11 06 0100 0500 0018 0600 0B00 0118 0E00 1000 0A18"));
  expect(await att.ask("10 1100 FFFF 0028")).toBe(hex("11 06 1100 1C00 1018"));
  expect(await att.ask("10 1200 FFFF 0028")).toBe(hex("01 10 1200 0A"));
});

test("a group type that is none, and a range that is none, are refused", async () => {
  const att = rig();
  expect(await att.ask("10 0100 FFFF 0328")).toBe(hex("01 10 0100 10"));
  expect(await att.ask("10 0500 0400 0028")).toBe(hex("01 10 0500 01"));
  expect(await att.ask("10 0000 FFFF 0028")).toBe(hex("01 10 0000 01"));
});

test("a service is found by its UUID", async () => {
  const att = rig();
  expect(await att.ask("06 0100 FFFF 0028 1018")).toBe(hex("07 1100 1C00"));
  expect(await att.ask("06 0100 FFFF 0028 0818")).toBe(hex("01 06 0100 0A"));
});

test("characteristics are discovered as many at a time as are alike and fit", async () => {
  const att = rig();
  expect(await att.ask("08 1100 FFFF 0328")).toBe(hex("09 07 1200 20 1300 352A 1500 28 1600 522A"));
  const uuid = "0F0E0D0C0B0A09080706050403020100";
  expect(await att.ask("08 1700 FFFF 0328")).toBe(hex(`09 15 1800 12 1900 ${uuid}`));
  expect(await att.ask("08 1900 FFFF 0328")).toBe(hex("09 07 1B00 04 1C00 082A"));
});

test("descriptors are told with UUIDs of one length at a time", async () => {
  const att = rig();
  expect(await att.ask("04 1700 1900")).toBe(hex("05 01 1700 0229 1800 0328"));
  expect(await att.ask("04 1900 1A00")).toBe(hex("05 02 1900 0F0E0D0C0B0A09080706050403020100"));
  expect(await att.ask("04 1D00 FFFF")).toBe(hex("01 04 1D00 0A"));
});

test("the MTU is the smaller of what both take, and never below 23", async () => {
  const att = rig();
  expect(await att.ask("02 0502")).toBe(hex("03 6400"));
  expect(att.server.mtu).toBe(100);
  expect(await att.ask("02 0500")).toBe(hex("03 6400"));
  expect(att.server.mtu).toBe(23);
});

test("a long value is read in parts that belong together", async () => {
  const att = rig();
  att.values.set(0x10, longText);
  const parts = [await att.ask("0A 1000")];
  att.values.set(0x10, new Uint8Array(300));
  for (let offset = 22; offset <= 308; offset += 22) {
    const position = [offset & 0xff, offset >> 8].map((octet) => octet.toString(16).padStart(2, "0")).join("");
    parts.push(await att.ask(`0C 1000 ${offset > 300 ? "2C01" : position}`));
  }
  expect(parts.map((part) => part?.slice(2)).join("")).toBe(Buffer.from(longText).toString("hex").toUpperCase());
  expect(await att.ask("0C 1000 2D01")).toBe(hex("01 0C 1000 07"));
});

test("after a write, what is read on is of the value that there is then", async () => {
  const att = rig();
  att.values.set(0x10, longText);
  await att.ask("0A 1000");
  att.values.set(0x10, Uint8Array.of(...longText.subarray(0, 22), 0xaa, 0xbb));
  expect(await att.ask("0C 1000 1600")).toBe(
    hex(`0D ${Buffer.from(longText.subarray(22, 44)).toString("hex")}`).toUpperCase(),
  );
  expect(await att.ask("12 1600 0101")).toBe("13");
  expect(await att.ask("0C 1000 1600")).toBe(hex("0D AABB"));
});

test("several values are read at once, with their lengths or without", async () => {
  const att = rig();
  att.values.set(0x10, Uint8Array.of(1, 2));
  expect(await att.ask("0E 1000 1900")).toBe(hex("0F 0102 19"));
  expect(await att.ask("20 1000 1900")).toBe(hex("21 0200 0102 0100 19"));
  expect(await att.ask("0E 1000 1300")).toBe(hex("01 0E 1300 02"));
  expect(await att.ask("0E 1000 19")).toBe(hex("01 0E 0000 04"));
});

test("a write reaches the device before it is answered, and its refusal is the answer", async () => {
  const att = rig();
  expect(await att.ask("12 1600 0101")).toBe("13");
  att.refusal = 0x80;
  expect(await att.ask("12 1600 0102")).toBe(hex("01 12 1600 80"));
  expect(att.heard).toEqual(["write 22 0101"]);
});

test("what may not be read or written, is not", async () => {
  const att = rig();
  expect(await att.ask("0A 1300")).toBe(hex("01 0A 1300 02"));
  expect(await att.ask("12 1000 00")).toBe(hex("01 12 1000 03"));
  expect(await att.ask("12 1C00 00")).toBe(hex("01 12 1C00 03"));
  expect(await att.ask("12 0100 00")).toBe(hex("01 12 0100 03"));
  expect(await att.ask("0A 0800")).toBe(hex("01 0A 0800 02"));
  expect(await att.ask("0A 9900")).toBe(hex("01 0A 9900 01"));
});

test("a command is obeyed where it is allowed, and never answered", async () => {
  const att = rig();
  expect(await att.ask("52 1C00 07")).toBeNull();
  expect(await att.ask("52 1600 07")).toBeNull();
  expect(await att.ask("52 9900 07")).toBeNull();
  expect(await att.ask("52 1C")).toBeNull();
  expect(att.heard).toEqual(["write 28 07"]);
});

test("a value that was prepared in parts is written whole, or not at all", async () => {
  const att = rig();
  expect(await att.ask("16 1600 0000 0101")).toBe(hex("17 1600 0000 0101"));
  expect(await att.ask("16 1600 0200 02")).toBe(hex("17 1600 0200 02"));
  expect(att.heard).toEqual([]);
  expect(await att.ask("18 01")).toBe("19");
  expect(att.heard).toEqual(["write 22 010102"]);
  await att.ask("16 1600 0000 0909");
  expect(await att.ask("18 00")).toBe("19");
  expect(await att.ask("18 01")).toBe("19");
  await att.ask("16 1600 0500 09");
  expect(await att.ask("18 01")).toBe(hex("01 18 1600 07"));
  expect(await att.ask("18 02")).toBe(hex("01 18 0000 04"));
  expect(att.heard).toHaveLength(1);
});

test("the prepare queue is bounded", async () => {
  const att = rig();
  const answers: (string | null)[] = [];
  for (let part = 0; part < 65; part += 1) answers.push(await att.ask("16 1600 0000 01"));
  expect(answers.filter((answer) => answer?.startsWith("17") === true)).toHaveLength(64);
  expect(answers.at(-1)).toBe(hex("01 16 1600 09"));
});

test("requests that are cut short, too long or unknown are refused, and the others go on", async () => {
  const att = rig();
  expect(await att.ask("0A 10")).toBe(hex("01 0A 0000 04"));
  expect(await att.ask("10 0100 FFFF 00")).toBe(hex("01 10 0000 04"));
  expect(await att.ask(`12 1600 ${"00".repeat(30)}`)).toBe(hex("01 12 0000 04"));
  expect(await att.ask("36 0000")).toBe(hex("01 36 0000 06"));
  expect(await att.ask("D2 1600 00")).toBeNull();
  expect(await att.ask("13")).toBeNull();
  expect(await att.ask("")).toBeNull();
  expect(await att.ask("0A 1900")).toBe(hex("0B 19"));
});

test("the security that an attribute needs is told by the error", async () => {
  const att = rig();
  att.security = { isEncrypted: false, isAuthenticated: false, hasKey: false, demandsAuthentication: false };
  expect(await att.ask("0A 1000")).toBe(hex("01 0A 1000 05"));
  expect(await att.ask("12 1400 0200")).toBe(hex("01 12 1400 05"));
  att.security = { ...att.security, hasKey: true };
  expect(await att.ask("0A 1000")).toBe(hex("01 0A 1000 0F"));
  att.security = { ...att.security, isEncrypted: true, demandsAuthentication: true };
  expect(await att.ask("0A 1000")).toBe(hex("01 0A 1000 05"));
  att.security = { ...att.security, isAuthenticated: true };
  expect(await att.ask("0A 1000")).toBe(hex("0B 10"));
  att.security = { ...att.security, isEncrypted: false };
  expect(await att.ask("0A 0300")).toBe(hex("0B 506C61696E"));
  expect(await att.ask("08 1200 FFFF 0328")).toMatch(/^0907/u);
});

test("a CCCD takes what its characteristic declares, in two octets", async () => {
  const att = rig();
  expect(await att.ask("12 1400 0100")).toBe(hex("01 12 1400 FD"));
  expect(await att.ask("12 1400 02")).toBe(hex("01 12 1400 0D"));
  expect(await att.ask("12 1400 0200")).toBe("13");
  expect(await att.ask("0A 1400")).toBe(hex("0B 0200"));
  att.refusal = 0x81;
  expect(await att.ask("12 1400 0000")).toBe(hex("01 12 1400 81"));
  expect(await att.ask("0A 1400")).toBe(hex("0B 0200"));
  expect(att.heard).toEqual(["on 19"]);
});

test("values go to who has asked for them, cut to what fits", async () => {
  const att = rig();
  const value = new Uint8Array(60).fill(0xaa);
  expect(att.server.sendValue({ handle: 0x19, value, confirmed: null })).toBe(false);
  await att.ask("12 1A00 0100");
  expect(att.server.sendValue({ handle: 0x19, value, confirmed: null })).toBe(true);
  expect(att.sent.splice(0)).toEqual([hex(`1B 1900 ${"AA".repeat(20)}`)]);
});

test("one indication is out at a time, and a confirmation of nothing means nothing", async () => {
  const att = rig();
  await att.ask("12 1400 0200");
  const confirmed: number[] = [];
  for (const number of [1, 2]) {
    att.server.sendValue({ handle: 0x13, value: Uint8Array.of(number), confirmed: () => confirmed.push(number) });
  }
  expect(att.sent.splice(0)).toEqual([hex("1D 1300 01")]);
  expect(await att.ask("1E")).toBe(hex("1D 1300 02"));
  expect(confirmed).toEqual([1]);
  expect(await att.ask("1E")).toBeNull();
  expect(await att.ask("1E")).toBeNull();
  expect(confirmed).toEqual([1, 2]);
});

test("a client's own indication is confirmed, because a client waits for that", async () => {
  expect(await rig().ask("1D 0300 00")).toBe("1E");
});

test("a client that does not wait for its answers gets some of them, in order, and no more", async () => {
  const att = rig();
  const asking = Array.from({ length: 40 }, () => att.ask("0A 1900"));
  await Promise.all(asking);
  expect(att.sent.length).toBeLessThan(40);
  expect(await att.ask("0A 0300")).not.toBeNull();
});

test("nothing is answered once the connection has ended", async () => {
  const att = rig();
  await att.ask("12 1400 0200");
  att.server.end();
  expect(await att.ask("0A 1900")).toBeNull();
  expect(att.server.sendValue({ handle: 0x13, value: Uint8Array.of(1), confirmed: () => undefined })).toBe(false);
});
