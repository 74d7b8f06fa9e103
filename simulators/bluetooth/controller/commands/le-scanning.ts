import type { ByteReader } from "../../../../device-drivers/kit/byte-reader.ts";
import { acceptListMax } from "../accept-list.ts";
import { bareCommand, type Command, command, complete, completeThen } from "../command.ts";
import { octetsOf } from "../../octets.ts";
import type { DeviceAddress } from "../device-address.ts";
import { hciErrors } from "../hci-error.ts";
import { isAcceptListInUse } from "../in-use.ts";

/** 2.5 ms to 10.24 s, in units of 0.625 ms. */
const scanIntervalMin = 0x0004;
const scanIntervalMax = 0x4000;

/** LE Controller commands of scanning and of the filter accept list (Core Vol 4 Part E 7.8.10, .11 and .14 to .17). */
export const leScanningCommands: readonly Command[] = [
  /** 7.8.10. */
  command({
    opcode: 0x200b,
    name: "LE Set Scan Parameters",
    supported: [26, 2],
    octets: 7,
    read: (reader) => ({
      type: reader.uint8(),
      interval: reader.uint16(),
      window: reader.uint16(),
      ownAddressType: reader.uint8(),
      filterPolicy: reader.uint8(),
    }),
    run: ({ scanner }, { type, ...parameters }) => {
      if (scanner.isOn) return complete(hciErrors.commandDisallowed);
      const { ownAddressType, filterPolicy } = parameters;
      const isKnown = type <= 1 && ownAddressType <= 3 && filterPolicy <= 3;
      if (!isKnown || !isScanPaced(parameters)) return complete(hciErrors.invalidParameters);
      scanner.parameters = { ...parameters, isActive: type === 1 };
      return complete(hciErrors.success);
    },
  }),

  /** 7.8.11. */
  command({
    opcode: 0x200c,
    name: "LE Set Scan Enable",
    supported: [26, 3],
    octets: 2,
    read: (reader) => ({ enable: reader.uint8(), filterDuplicates: reader.uint8() }),
    run: ({ scanner, identity }, { enable, filterDuplicates }) => {
      if (enable > 1 || filterDuplicates > 1) return complete(hciErrors.invalidParameters);
      if (enable === 0) return completeThen(() => scanner.stop());
      if (identity.own(scanner.parameters.ownAddressType, null) === null) return complete(hciErrors.invalidParameters);
      return completeThen(() => scanner.start(filterDuplicates === 1));
    },
  }),

  /** 7.8.14. */
  bareCommand({
    opcode: 0x200f,
    name: "LE Read Filter Accept List Size",
    supported: [26, 6],
    run: () => complete(hciErrors.success, acceptListMax),
  }),

  /** 7.8.15. */
  bareCommand({
    opcode: 0x2010,
    name: "LE Clear Filter Accept List",
    supported: [26, 7],
    run: (parts) => {
      if (isAcceptListInUse(parts)) return complete(hciErrors.commandDisallowed);
      parts.acceptList.clear();
      return complete(hciErrors.success);
    },
  }),

  /** 7.8.16. */
  command({
    opcode: 0x2011,
    name: "LE Add Device To Filter Accept List",
    supported: [27, 0],
    octets: 7,
    read: kindAndAddress,
    run: (parts, address) => {
      const { acceptList } = parts;
      if (isAcceptListInUse(parts)) return complete(hciErrors.commandDisallowed);
      if (acceptList.isFull && !acceptList.has(address)) return complete(hciErrors.memoryCapacityExceeded);
      acceptList.add(address);
      return complete(hciErrors.success);
    },
  }),

  /** 7.8.17. */
  command({
    opcode: 0x2012,
    name: "LE Remove Device From Filter Accept List",
    supported: [27, 1],
    octets: 7,
    read: kindAndAddress,
    run: (parts, address) => {
      if (isAcceptListInUse(parts)) return complete(hciErrors.commandDisallowed);
      parts.acceptList.remove(address);
      return complete(hciErrors.success);
    },
  }),
];

/** The range of 7.8.10, and of 7.8.12, where a controller listens for whom it is to connect to. */
export const isScanPaced = ({ interval, window }: { readonly interval: number; readonly window: number }): boolean =>
  window >= scanIntervalMin && window <= interval && interval <= scanIntervalMax;

/** Address_Type and Address. The types of identities, 2 and 3, are taken for what they are identities of. */
export function kindAndAddress(reader: ByteReader): DeviceAddress {
  return { isRandom: (reader.uint8() & 1) === 1, octets: octetsOf(reader, 6) };
}
