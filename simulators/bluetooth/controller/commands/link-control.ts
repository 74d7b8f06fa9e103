import { ByteWriter } from "../../../../device-drivers/kit/byte-writer.ts";
import { type Command, command, status, statusThen } from "../command.ts";
import { events } from "../event-port.ts";
import { hciErrors } from "../hci-error.ts";
import { version } from "./informational.ts";

/** For which a host may end a connection: authentication, user, resources, power off, feature, unit key, parameters. */
const hostReasons: ReadonlySet<number> = new Set([0x05, 0x13, 0x14, 0x15, 0x1a, 0x29, 0x3b]);

/** Link Control commands, OGF 0x01 (Core Vol 4 Part E 7.1). */
export const linkControlCommands: readonly Command[] = [
  /** 7.1.6. Ends a connection; the reason goes to the other side. */
  command({
    opcode: 0x0406,
    name: "Disconnect",
    supported: [0, 5],
    octets: 3,
    read: (reader) => ({ handle: reader.uint16(), reason: reader.uint8() }),
    run: ({ connections }, { handle, reason }) => {
      const connection = connections.get(handle);
      if (connection === null) return status(hciErrors.unknownConnection);
      if (!hostReasons.has(reason)) return status(hciErrors.invalidParameters);
      return statusThen(() => connection.link?.terminate(connection.role, reason));
    },
  }),

  /** 7.1.23. Both sides are of one make. */
  command({
    opcode: 0x041d,
    name: "Read Remote Version Information",
    supported: [2, 7],
    octets: 2,
    read: (reader) => reader.uint16(),
    run: ({ connections, events: port }, handle) => {
      const connection = connections.get(handle);
      if (connection === null) return status(hciErrors.unknownConnection);
      const answer = new ByteWriter()
        .uint8(hciErrors.success)
        .uint16(handle)
        .uint8(version.lowEnergyVersion)
        .uint16(version.manufacturer)
        .uint16(version.subversion);
      return statusThen(() =>
        connection.link?.ask(connection.role, () => port.event(events.readRemoteVersionComplete, answer.bytes())),
      );
    },
  }),
];
