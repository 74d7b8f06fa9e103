import { advertisingTypes } from "../../medium/advertising-event.ts";
import { bareCommand, type Command, command, complete, completeThen, type Reply } from "../command.ts";
import { octetsOf } from "../../octets.ts";
import type { Advertiser } from "../advertiser.ts";
import { hciErrors } from "../hci-error.ts";

const dataOctets = 31;
/** 20 ms to 10.24 s, in units of 0.625 ms. */
const intervalMin = 0x0020;
const intervalMax = 0x4000;
const transmitPowerDbm = 0;

/** LE Controller commands of advertising (Core Vol 4 Part E 7.8.5 to 7.8.9). */
export const leAdvertisingCommands: readonly Command[] = [
  /** 7.8.5. */
  command({
    opcode: 0x2006,
    name: "LE Set Advertising Parameters",
    supported: [25, 5],
    octets: 15,
    read: (reader) => ({
      intervalMin: reader.uint16(),
      intervalMax: reader.uint16(),
      type: reader.uint8(),
      ownAddressType: reader.uint8(),
      peer: { isRandom: reader.uint8() === 1, octets: octetsOf(reader, 6) },
      channelMap: reader.uint8(),
      filterPolicy: reader.uint8(),
    }),
    run: ({ advertiser }, parameters) => {
      if (advertiser.isOn) return complete(hciErrors.commandDisallowed);
      const { type, ownAddressType, channelMap, filterPolicy } = parameters;
      const isKnown = type <= advertisingTypes.directedLowDuty && ownAddressType <= 3 && filterPolicy <= 3;
      const isPaced =
        type === advertisingTypes.directedHighDuty ||
        (parameters.intervalMin >= intervalMin &&
          parameters.intervalMin <= parameters.intervalMax &&
          parameters.intervalMax <= intervalMax);
      if (!isKnown || !isPaced || (channelMap & 0b111) === 0) return complete(hciErrors.invalidParameters);
      advertiser.parameters = parameters;
      return complete(hciErrors.success);
    },
  }),

  /** 7.8.6. */
  bareCommand({
    opcode: 0x2007,
    name: "LE Read Advertising Physical Channel Tx Power",
    supported: [25, 6],
    run: () => complete(hciErrors.success, transmitPowerDbm),
  }),

  /** 7.8.7. */
  dataCommand({
    opcode: 0x2008,
    name: "LE Set Advertising Data",
    supported: [25, 7],
    set: (advertiser, data) => {
      advertiser.data = data;
    },
  }),

  /** 7.8.8. */
  dataCommand({
    opcode: 0x2009,
    name: "LE Set Scan Response Data",
    supported: [26, 0],
    set: (advertiser, data) => {
      advertiser.scanResponse = data;
    },
  }),

  /** 7.8.9. */
  command({
    opcode: 0x200a,
    name: "LE Set Advertising Enable",
    supported: [26, 1],
    octets: 1,
    read: (reader) => reader.uint8(),
    run: ({ advertiser, connections }, enable) => {
      if (enable > 1) return complete(hciErrors.invalidParameters);
      if (enable === 0) return completeThen(() => advertiser.stop());
      const isConnectable =
        advertiser.parameters.type !== advertisingTypes.scannable &&
        advertiser.parameters.type !== advertisingTypes.nonConnectable;
      if (isConnectable && connections.isFull) return complete(hciErrors.connectionLimitExceeded);
      return complete(advertiser.start() ? hciErrors.success : hciErrors.invalidParameters);
    },
  }),
];

interface DataRow {
  readonly opcode: number;
  readonly name: string;
  readonly supported: readonly [octet: number, bit: number];
  readonly set: (advertiser: Advertiser, data: Uint8Array) => void;
}

/** A length, and a field of 31 octets of which so many count. */
function dataCommand({ set, ...row }: DataRow): Command {
  return command({
    ...row,
    octets: 1 + dataOctets,
    read: (reader) => ({ length: reader.uint8(), data: octetsOf(reader, dataOctets) }),
    run: ({ advertiser }, { length, data }): Reply => {
      if (length > dataOctets) return complete(hciErrors.invalidParameters);
      set(advertiser, data.subarray(0, length));
      return complete(hciErrors.success);
    },
  });
}
