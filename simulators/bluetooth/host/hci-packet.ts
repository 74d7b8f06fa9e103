import { ByteReader } from "../../../device-drivers/kit/byte-reader.ts";
import { h4 } from "../hci-transport.ts";
import { octetsOf } from "../octets.ts";
import type { SmpAddress } from "../smp/toolbox.ts";

/** The commands that a peripheral's host gives (Core Vol 4 Part E 7). */
export const hciCommands = {
  disconnect: 0x0406,
  setEventMask: 0x0c01,
  reset: 0x0c03,
  leSetEventMask: 0x2001,
  leReadBufferSize: 0x2002,
  leSetRandomAddress: 0x2005,
  leSetAdvertisingParameters: 0x2006,
  leSetAdvertisingData: 0x2008,
  leSetScanResponseData: 0x2009,
  leSetAdvertisingEnable: 0x200a,
  leLongTermKeyReply: 0x201a,
  leLongTermKeyNegativeReply: 0x201b,
} as const;

/** What a host hears of its controller (Core Vol 4 Part E 7.7), as far as a peripheral needs it. */
export type HciEvent =
  /** Command Complete or Command Status: `returned` begins with the status. */
  | { readonly type: "answered"; readonly opcode: number; readonly returned: Uint8Array }
  | { readonly type: "connected"; readonly handle: number; readonly isPeripheral: boolean; readonly peer: SmpAddress }
  | { readonly type: "disconnected"; readonly handle: number; readonly reason: number }
  | { readonly type: "encryption"; readonly handle: number; readonly isEncrypted: boolean }
  | { readonly type: "key-wanted"; readonly handle: number; readonly random: Uint8Array; readonly diversifier: number }
  | { readonly type: "packets-completed"; readonly completed: readonly CompletedPackets[] }
  /** Hardware Error: the controller has started anew by itself. */
  | { readonly type: "restarted" };

export interface CompletedPackets {
  readonly handle: number;
  readonly packets: number;
}

export function encodeCommand(opcode: number, parameters: Uint8Array): Uint8Array {
  return Uint8Array.from([h4.command, opcode & 0xff, opcode >> 8, parameters.length, ...parameters]);
}

/** Null for an event that a peripheral has no use for, and for a malformed one. */
export function decodeEvent(packet: Uint8Array): HciEvent | null {
  if (packet[0] !== h4.event || packet.length < 3) return null;
  const [, code = 0, octets = 0] = packet;
  const parameters = packet.slice(3);
  if (parameters.length !== octets) return null;
  try {
    return decoders[code]?.(new ByteReader(parameters)) ?? null;
  } catch (error) {
    // The reader ran over the end: the event is shorter than its code promises.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

type Decoder = (reader: ByteReader) => HciEvent | null;

const enabled = (reader: ByteReader, status: number): boolean => status === 0 && reader.uint8() !== 0;

const leDecoders: Readonly<Record<number, Decoder>> = {
  0x01: connectionComplete,
  /** Enhanced Connection Complete begins with the same fields. */
  0x0a: connectionComplete,
  0x05: (reader) => ({
    type: "key-wanted",
    handle: reader.uint16(),
    random: octetsOf(reader, 8),
    diversifier: reader.uint16(),
  }),
};

const decoders: Readonly<Record<number, Decoder>> = {
  0x05: (reader) => {
    reader.skip(1);
    return { type: "disconnected", handle: reader.uint16(), reason: reader.uint8() };
  },
  0x08: (reader) => {
    const status = reader.uint8();
    return { type: "encryption", handle: reader.uint16(), isEncrypted: enabled(reader, status) };
  },
  /** Encryption Key Refresh Complete: a link that was encrypted has a new key. */
  0x30: (reader) => {
    const status = reader.uint8();
    return { type: "encryption", handle: reader.uint16(), isEncrypted: status === 0 };
  },
  0x0e: (reader) => {
    reader.skip(1);
    return { type: "answered", opcode: reader.uint16(), returned: reader.rest() };
  },
  0x0f: (reader) => {
    const status = reader.uint8();
    reader.skip(1);
    return { type: "answered", opcode: reader.uint16(), returned: Uint8Array.of(status) };
  },
  0x10: () => ({ type: "restarted" }),
  0x13: (reader) => {
    const count = reader.uint8();
    const completed = Array.from({ length: count }, () => ({ handle: reader.uint16(), packets: reader.uint16() }));
    return { type: "packets-completed", completed };
  },
  0x3e: (reader) => leDecoders[reader.uint8()]?.(reader) ?? null,
};

function connectionComplete(reader: ByteReader): HciEvent | null {
  if (reader.uint8() !== 0) return null;
  const handle = reader.uint16();
  const isPeripheral = reader.uint8() === 1;
  const kind = (reader.uint8() & 1) === 1 ? "random" : "public";
  return { type: "connected", handle, isPeripheral, peer: { kind, octets: octetsOf(reader, 6) } };
}
