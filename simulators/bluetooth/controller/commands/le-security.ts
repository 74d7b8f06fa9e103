import { type Command, command, complete, type Reply, status, statusThen } from "../command.ts";
import { octetsOf, uint16Octets } from "../../octets.ts";
import type { ControllerParts } from "../controller-parts.ts";
import { hciErrors } from "../hci-error.ts";

/** LE Controller commands of encryption (Core Vol 4 Part E 7.8.24 to 7.8.26). */
export const leSecurityCommands: readonly Command[] = [
  /** 7.8.24. Central only. With a link that is encrypted already it refreshes the key. */
  command({
    opcode: 0x2019,
    name: "LE Enable Encryption",
    supported: [28, 0],
    octets: 28,
    read: (reader) => ({
      handle: reader.uint16(),
      random: octetsOf(reader, 8),
      diversifier: reader.uint16(),
      key: octetsOf(reader, 16),
    }),
    run: ({ connections }, { handle, ...request }) => {
      const connection = connections.get(handle);
      if (connection === null) return status(hciErrors.unknownConnection);
      if (connection.role !== "central") return status(hciErrors.commandDisallowed);
      return statusThen(() => connection.link?.encrypt(request));
    },
  }),

  /** 7.8.25. */
  command({
    opcode: 0x201a,
    name: "LE Long Term Key Request Reply",
    supported: [28, 1],
    octets: 18,
    read: (reader) => ({ handle: reader.uint16(), key: octetsOf(reader, 16) }),
    run: (parts, { handle, key }) => answerKey(parts, handle, key),
  }),

  /** 7.8.26. */
  command({
    opcode: 0x201b,
    name: "LE Long Term Key Request Negative Reply",
    supported: [28, 2],
    octets: 2,
    read: (reader) => reader.uint16(),
    run: (parts, handle) => answerKey(parts, handle, null),
  }),
];

function answerKey({ connections }: ControllerParts, handle: number, key: Uint8Array | null): Reply {
  const connection = connections.get(handle);
  const returned = uint16Octets(handle);
  if (connection === null) return complete(hciErrors.unknownConnection, ...returned);
  const isAsked = connection.role === "peripheral" && connection.link?.isKeyWanted === true;
  if (!isAsked) return complete(hciErrors.commandDisallowed, ...returned);
  return {
    event: "complete",
    returned: [hciErrors.success, ...returned],
    after: () => connection.link?.answerKey(key),
  };
}
