import { bareCommand, type Command, command, complete, ignoredCommand, uint64 } from "../command.ts";
import { octetsOf, uint16Octets } from "../../octets.ts";
import { hciErrors } from "../hci-error.ts";
import { isOnAir } from "../in-use.ts";
import { encryptBlock } from "../../block-cipher.ts";

/** LE Encryption, Peripheral-initiated Features Exchange, LL Privacy (Core Vol 6 Part B 4.6). */
export const leFeatures = [0x49, 0, 0, 0, 0, 0, 0, 0] as const;

/** Every combination of states that there is (Core Vol 4 Part E 7.8.27). */
const supportedStates = [0xff, 0xff, 0xff, 0xff, 0xff, 0x03, 0, 0] as const;

/** LE Controller commands that tell what the controller is, and its tools (Core Vol 4 Part E 7.8). */
export const leSetupCommands: readonly Command[] = [
  /** 7.8.1. */
  command({
    opcode: 0x2001,
    name: "LE Set Event Mask",
    supported: [25, 0],
    octets: 8,
    read: uint64,
    run: ({ events }, mask) => {
      events.setLeMask(mask);
      return complete(hciErrors.success);
    },
  }),

  /** 7.8.2. */
  bareCommand({
    opcode: 0x2002,
    name: "LE Read Buffer Size",
    supported: [25, 1],
    run: ({ connections: { limits } }) =>
      complete(hciErrors.success, ...uint16Octets(limits.aclBytesMax), limits.aclPacketsMax),
  }),

  /** 7.8.3. */
  bareCommand({
    opcode: 0x2003,
    name: "LE Read Local Supported Features",
    supported: [25, 2],
    run: () => complete(hciErrors.success, ...leFeatures),
  }),

  /** 7.8.4. Not while the address is in use. */
  command({
    opcode: 0x2005,
    name: "LE Set Random Address",
    supported: [25, 4],
    octets: 6,
    read: (reader) => octetsOf(reader, 6),
    run: (parts, address) => {
      if (isOnAir(parts)) return complete(hciErrors.commandDisallowed);
      parts.identity.setRandomAddress(address);
      return complete(hciErrors.success);
    },
  }),

  /** 7.8.19. All channels are as good as each other. */
  ignoredCommand({ opcode: 0x2014, name: "LE Set Host Channel Classification", supported: [27, 3], octets: 5 }),

  /** 7.8.22. */
  command({
    opcode: 0x2017,
    name: "LE Encrypt",
    supported: [27, 6],
    octets: 32,
    read: (reader) => ({ key: octetsOf(reader, 16), block: octetsOf(reader, 16) }),
    run: (_parts, { key, block }) => complete(hciErrors.success, ...encryptBlock(key, block)),
  }),

  /** 7.8.23. From the room's seed: the same on every run. */
  bareCommand({
    opcode: 0x2018,
    name: "LE Rand",
    supported: [27, 7],
    run: ({ random }) => complete(hciErrors.success, ...Array.from({ length: 8 }, () => Math.floor(random() * 256))),
  }),

  /** 7.8.27. */
  bareCommand({
    opcode: 0x201c,
    name: "LE Read Supported States",
    supported: [28, 3],
    run: () => complete(hciErrors.success, ...supportedStates),
  }),
];
