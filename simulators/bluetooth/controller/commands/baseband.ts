import { bareCommand, type Command, command, complete, ignoredCommand, uint64 } from "../command.ts";
import { hciErrors } from "../hci-error.ts";

/** Controller & Baseband commands, OGF 0x03 (Core Vol 4 Part E 7.3), as far as a controller without BR/EDR has them. */
export const basebandCommands: readonly Command[] = [
  /** 7.3.1. */
  command({
    opcode: 0x0c01,
    name: "Set Event Mask",
    supported: [5, 6],
    octets: 8,
    read: uint64,
    run: ({ events }, mask) => {
      events.setMask(mask);
      return complete(hciErrors.success);
    },
  }),

  /** 7.3.2. Links end without a word to their other side. */
  bareCommand({
    opcode: 0x0c03,
    name: "Reset",
    supported: [5, 7],
    run: (parts) => {
      parts.reset();
      return complete(hciErrors.success);
    },
  }),

  /** 7.3.69. None of the events that it masks exists here. */
  ignoredCommand({ opcode: 0x0c63, name: "Set Event Mask Page 2", supported: [22, 2], octets: 8 }),

  /** 7.3.78. */
  bareCommand({
    opcode: 0x0c6c,
    name: "Read LE Host Support",
    supported: [24, 5],
    run: () => complete(hciErrors.success, 1, 0),
  }),

  /** 7.3.79. */
  ignoredCommand({ opcode: 0x0c6d, name: "Write LE Host Support", supported: [24, 6], octets: 2 }),
];
