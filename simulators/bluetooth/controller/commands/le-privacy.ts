import { bareCommand, type Command, command, complete, ignoredCommand } from "../command.ts";
import { octetsOf } from "../../octets.ts";
import { hciErrors } from "../hci-error.ts";
import { isOnAir, isResolvingListInUse } from "../in-use.ts";
import { resolvingListMax } from "../resolving-list.ts";
import { kindAndAddress } from "./le-scanning.ts";

/** LE Controller commands of private addresses (Core Vol 4 Part E 7.8.38 to 7.8.45 and 7.8.77). */
export const lePrivacyCommands: readonly Command[] = [
  /** 7.8.38. */
  command({
    opcode: 0x2027,
    name: "LE Add Device To Resolving List",
    supported: [34, 3],
    octets: 39,
    read: (reader) => ({
      identity: kindAndAddress(reader),
      peerKey: octetsOf(reader, 16),
      localKey: octetsOf(reader, 16),
    }),
    run: (parts, entry) => {
      const { resolvingList } = parts;
      if (isResolvingListInUse(parts)) return complete(hciErrors.commandDisallowed);
      if (resolvingList.isFull) return complete(hciErrors.memoryCapacityExceeded);
      if (resolvingList.find(entry.identity) !== null) return complete(hciErrors.invalidParameters);
      resolvingList.add(entry);
      return complete(hciErrors.success);
    },
  }),

  /** 7.8.39. */
  command({
    opcode: 0x2028,
    name: "LE Remove Device From Resolving List",
    supported: [34, 4],
    octets: 7,
    read: kindAndAddress,
    run: (parts, identity) => {
      if (isResolvingListInUse(parts)) return complete(hciErrors.commandDisallowed);
      return complete(parts.resolvingList.remove(identity) ? hciErrors.success : hciErrors.unknownConnection);
    },
  }),

  /** 7.8.40. */
  bareCommand({
    opcode: 0x2029,
    name: "LE Clear Resolving List",
    supported: [34, 5],
    run: (parts) => {
      if (isResolvingListInUse(parts)) return complete(hciErrors.commandDisallowed);
      parts.resolvingList.clear();
      return complete(hciErrors.success);
    },
  }),

  /** 7.8.41. */
  bareCommand({
    opcode: 0x202a,
    name: "LE Read Resolving List Size",
    supported: [34, 6],
    run: () => complete(hciErrors.success, resolvingListMax),
  }),

  /** 7.8.44. */
  command({
    opcode: 0x202d,
    name: "LE Set Address Resolution Enable",
    supported: [35, 1],
    octets: 1,
    read: (reader) => reader.uint8(),
    run: (parts, enable) => {
      if (enable > 1) return complete(hciErrors.invalidParameters);
      if (isOnAir(parts)) return complete(hciErrors.commandDisallowed);
      parts.resolvingList.isEnabled = enable === 1;
      return complete(hciErrors.success);
    },
  }),

  /** 7.8.45. Our own private address is a new one each time that it is asked for. */
  ignoredCommand({
    opcode: 0x202e,
    name: "LE Set Resolvable Private Address Timeout",
    supported: [35, 2],
    octets: 2,
  }),

  /** 7.8.77. Every peer is heard under its identity as well. */
  ignoredCommand({ opcode: 0x204e, name: "LE Set Privacy Mode", supported: [39, 2], octets: 8 }),
];
