import { bareCommand, type Command, command, complete } from "../command.ts";
import { uint16Octets } from "../../octets.ts";
import { hciErrors } from "../hci-error.ts";

/** Bluetooth Core 5.0, and the Linux Foundation as the manufacturer (Assigned Numbers 2.1 and 7.1). */
export const version = { lowEnergyVersion: 0x09, manufacturer: 0x05f1, subversion: 0x0001 } as const;

/** Byte 4 of the LMP features (Core Vol 2 Part C 3.3): BR/EDR Not Supported, LE Supported (Controller). */
const lmpFeatures = [0, 0, 0, 0, 0x60, 0, 0, 0] as const;

/** Core Vol 4 Part E 7.5.4: RSSI is not available. */
const rssiUnknown = 127;

/** Informational commands, OGF 0x04, and status commands, OGF 0x05 (Core Vol 4 Part E 7.4 and 7.5). */
export const informationalCommands: readonly Command[] = [
  /** 7.4.1. */
  bareCommand({
    opcode: 0x1001,
    name: "Read Local Version Information",
    supported: [14, 3],
    run: () => {
      const { lowEnergyVersion, manufacturer, subversion } = version;
      const revision = uint16Octets(subversion);
      return complete(
        hciErrors.success,
        lowEnergyVersion,
        ...revision,
        lowEnergyVersion,
        ...uint16Octets(manufacturer),
        ...revision,
      );
    },
  }),

  /** 7.4.3. */
  bareCommand({
    opcode: 0x1003,
    name: "Read Local Supported Features",
    supported: [14, 5],
    run: () => complete(hciErrors.success, ...lmpFeatures),
  }),

  /** 7.4.5. All zero: the buffers are those of LE Read Buffer Size. */
  bareCommand({
    opcode: 0x1005,
    name: "Read Buffer Size",
    supported: [14, 7],
    run: () => complete(hciErrors.success, 0, 0, 0, 0, 0, 0, 0),
  }),

  /** 7.4.6. All zero where there is no public address. */
  bareCommand({
    opcode: 0x1009,
    name: "Read BD_ADDR",
    supported: [15, 1],
    run: ({ identity }) => complete(hciErrors.success, ...identity.publicAddress.octets),
  }),

  /** 7.5.4. */
  command({
    opcode: 0x1405,
    name: "Read RSSI",
    supported: [15, 5],
    octets: 2,
    read: (reader) => reader.uint16(),
    run: ({ connections }, handle) => {
      const connection = connections.get(handle);
      const code = connection === null ? hciErrors.unknownConnection : hciErrors.success;
      const rssiDbm = connection?.link?.rssiDbm(connection.role) ?? rssiUnknown;
      return complete(code, ...uint16Octets(handle), rssiDbm & 0xff);
    },
  }),
];
