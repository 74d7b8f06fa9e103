import { expect, test } from "vitest";
import { commandTable } from "../../../../simulators/bluetooth/controller/command-table.ts";
import { hex, padded, startRig } from "../link-rig.ts";

const address = [0x01, 0x00, 0x00, 0xee, 0xff, 0xc0];
const key = Array.from({ length: 16 }, (_, index) => index);
const paced = [0x20, 0x00, 0x40, 0x00];
const invalid = "12";
const disallowed = "0c";
const unknownConnection = "02";

/** One row for each thing that a command may be told at rest: opcode, parameters, and what it returns. */
const rows: readonly (readonly [what: string, opcode: number, parameters: readonly number[], returned: string])[] = [
  ["Disconnect of a link that is not", 0x0406, [0x40, 0x00, 0x13], unknownConnection],
  ["Read Remote Version of a link that is not", 0x041d, [0x40, 0x00], unknownConnection],
  ["Set Event Mask", 0x0c01, key.slice(0, 8), "00"],
  ["Reset", 0x0c03, [], "00"],
  ["Set Event Mask Page 2", 0x0c63, key.slice(0, 8), "00"],
  ["Read LE Host Support", 0x0c6c, [], "000100"],
  ["Write LE Host Support", 0x0c6d, [1, 0], "00"],
  ["Read Local Version Information", 0x1001, [], "0009010009f1050100"],
  ["Read Local Supported Features", 0x1003, [], "000000000060000000"],
  ["Read Buffer Size", 0x1005, [], "0000000000000000"],
  ["Read BD_ADDR without a public address", 0x1009, [], "00000000000000"],
  ["Read RSSI of a link that is not", 0x1405, [0x40, 0x00], "0240007f"],
  ["LE Set Event Mask", 0x2001, key.slice(0, 8), "00"],
  ["LE Read Buffer Size", 0x2002, [], "00fb0008"],
  ["LE Read Local Supported Features", 0x2003, [], "004900000000000000"],
  ["LE Set Random Address", 0x2005, address, "00"],
  ["LE Set Advertising Parameters", 0x2006, [...paced, 0, 1, 0, ...address, 7, 0], "00"],
  ["advertising of an unknown type", 0x2006, [...paced, 5, 1, 0, ...address, 7, 0], invalid],
  ["advertising more often than every 20 ms", 0x2006, [0x1f, 0, 0x40, 0, 0, 1, 0, ...address, 7, 0], invalid],
  ["advertising on no channel", 0x2006, [...paced, 0, 1, 0, ...address, 0, 0], invalid],
  ["LE Read Advertising Physical Channel Tx Power", 0x2007, [], "0000"],
  ["LE Set Advertising Data", 0x2008, padded([2, 1, 6]), "00"],
  ["advertising data longer than they can be", 0x2008, [32, ...padded([]).slice(1)], invalid],
  ["LE Set Scan Response Data", 0x2009, padded([]), "00"],
  ["LE Set Advertising Enable", 0x200a, [1], "00"],
  ["enabling to a degree", 0x200a, [2], invalid],
  ["LE Set Scan Parameters", 0x200b, [1, 0x10, 0, 0x10, 0, 1, 0], "00"],
  ["a scan window longer than its interval", 0x200b, [1, 0x10, 0, 0x11, 0, 1, 0], invalid],
  ["LE Set Scan Enable", 0x200c, [1, 0], "00"],
  ["LE Create Connection Cancel of nothing", 0x200e, [], disallowed],
  ["LE Read Filter Accept List Size", 0x200f, [], "0010"],
  ["LE Clear Filter Accept List", 0x2010, [], "00"],
  ["LE Add Device To Filter Accept List", 0x2011, [1, ...address], "00"],
  ["LE Remove Device From Filter Accept List", 0x2012, [1, ...address], "00"],
  ["LE Set Host Channel Classification", 0x2014, [0xff, 0xff, 0xff, 0xff, 0x1f], "00"],
  ["LE Connection Update of a link that is not", 0x2013, Array.from({ length: 14 }, () => 0), unknownConnection],
  ["LE Read Channel Map of a link that is not", 0x2015, [0x40, 0x00], "024000ffffffff1f"],
  ["LE Read Remote Features of a link that is not", 0x2016, [0x40, 0x00], unknownConnection],
  ["LE Read Supported States", 0x201c, [], "00ffffffffff030000"],
  ["LE Enable Encryption of a link that is not", 0x2019, Array.from({ length: 28 }, () => 0), unknownConnection],
  ["LE Long Term Key Request Reply to nothing", 0x201a, [0x40, 0x00, ...key], "024000"],
  ["LE Long Term Key Request Negative Reply to nothing", 0x201b, [0x40, 0x00], "024000"],
  ["LE Add Device To Resolving List", 0x2027, [1, ...address, ...key, ...key], "00"],
  ["LE Remove Device From Resolving List that is not there", 0x2028, [1, ...address], unknownConnection],
  ["LE Clear Resolving List", 0x2029, [], "00"],
  ["LE Read Resolving List Size", 0x202a, [], "0010"],
  ["LE Set Address Resolution Enable", 0x202d, [1], "00"],
  ["LE Set Resolvable Private Address Timeout", 0x202e, [0x84, 0x03], "00"],
  ["LE Set Privacy Mode", 0x204e, [0, 1, ...address], "00"],
];

test.each(rows)("%s is answered as the specification says", async (...[, opcode, parameters, returned]) => {
  const { peripheral } = await startRig();
  expect(hex(await peripheral.command(opcode, ...parameters))).toBe(returned);
});

test("LE Encrypt gives what AES-128 gives (FIPS 197 C.1), least significant octet first", async () => {
  const { peripheral } = await startRig();
  const reversed = (text: string): readonly number[] => [...Buffer.from(text, "hex")].toReversed();
  const returned = await peripheral.command(
    0x2017,
    ...reversed("000102030405060708090a0b0c0d0e0f"),
    ...reversed("00112233445566778899aabbccddeeff"),
  );
  expect(hex(returned.slice(1).toReversed())).toBe("69c4e0d86a7b0430d8cdb78070b4c55a");
});

test("LE Rand gives other octets each time, and the same in every run", async () => {
  const draw = async (): Promise<readonly string[]> => {
    const { peripheral } = await startRig();
    return [hex(await peripheral.command(0x2018)), hex(await peripheral.command(0x2018))];
  };
  const first = await draw();
  expect(new Set(first).size).toBe(2);
  expect(await draw()).toEqual(first);
});

test("Supported Commands names exactly the commands that are there", async () => {
  const { peripheral } = await startRig();
  const returned = await peripheral.command(0x1002);
  const expected = new Map([
    [0, 0b0010_0000],
    [2, 0b1000_0000],
    [5, 0b1100_0000],
    [14, 0b1011_1000],
    [15, 0b0010_0010],
    [22, 0b0000_0100],
    [24, 0b0110_0000],
    // All of them but the reserved bit.
    [25, 0b1111_0111],
    [26, 0b1111_1111],
    [27, 0b1111_1111],
    // Encryption and states, without the test modes.
    [28, 0b0000_1111],
    [34, 0b0111_1000],
    [35, 0b0000_0110],
    [39, 0b0000_0100],
  ]);
  const octets = Array.from({ length: 64 }, (_, index) => expected.get(index) ?? 0);
  expect([...returned]).toEqual([0, ...octets]);
  const bits = octets.reduce((sum, octet) => sum + octet.toString(2).replaceAll("0", "").length, 0);
  expect(commandTable.size).toBe(bits);
});

test("what it does not know is answered with Unknown HCI Command, and it goes on", async () => {
  const { peripheral } = await startRig();
  expect(hex(await peripheral.command(0x2036, 1, 2, 3))).toBe("01");
  expect(hex(await peripheral.command(0xfc01))).toBe("01");
  expect(hex(await peripheral.command(0x0c6c))).toBe("000100");
});

test.each([...commandTable.values()])("$name of a wrong length is refused", async ({ opcode }) => {
  const { peripheral } = await startRig();
  expect(hex(await peripheral.command(opcode, ...Array.from({ length: 77 }, () => 0)))).toBe(invalid);
});

test("a random address is not changed while it is in use, nor are parameters", async () => {
  const { peripheral } = await startRig();
  await peripheral.command(0x200a, 1);
  expect(hex(await peripheral.command(0x2005, ...address))).toBe(disallowed);
  expect(hex(await peripheral.command(0x2006, ...paced, 0, 1, 0, ...address, 7, 0))).toBe(disallowed);
  await peripheral.command(0x200a, 0);
  expect(hex(await peripheral.command(0x2005, ...address))).toBe("00");
});

test("what needs a random address is refused where there is none", async () => {
  const { central } = await startRig();
  await central.host.command(0x2006, ...paced, 0, 1, 0, ...address, 7, 0);
  expect(hex(await central.host.command(0x200a, 1))).toBe(invalid);
  await central.host.command(0x200b, 1, 0x10, 0, 0x10, 0, 1, 0);
  expect(hex(await central.host.command(0x200c, 1, 0))).toBe(invalid);
});
