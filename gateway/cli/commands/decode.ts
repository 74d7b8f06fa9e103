import { Option } from "commander";
import type { Command } from "commander";
import { endHelp, newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";

interface DecodeOptions {
  readonly direction?: "rx" | "tx";
  readonly json?: true;
  readonly list?: true;
}

/** `carepost decode UUID HEX`: other programs rely on its JSON form. */
export function command(terminal: Terminal): Command {
  const decode = newCommand("decode", terminal)
    .usage("<uuid> <hex> [options]")
    .description("Says what the octets of one Bluetooth characteristic mean.")
    .argument("[uuid]", "the characteristic: 2A18, 0x2a18, or its long form; - with --json reads from standard input")
    .argument("[hex]", "its octets as hex digits, the first one first; blanks, : and - between them do no harm")
    .addOption(
      new Option("--direction <direction>", "for control points: rx from the device, tx to it").choices(["rx", "tx"]),
    )
    .option("--json", "one JSON object: field names in camelCase, a quantity is {value, unit}")
    .option("--list", "the characteristics that can be decoded")
    .action(async (uuid: string | undefined, hex: string | undefined, options: DecodeOptions) => {
      const { direction = null, json = false } = options;
      if (options.list === true) {
        await (await import("../decode/decode-list.ts")).printKnown(terminal, json);
      } else if (uuid === "-") {
        await (await import("../decode/decode-lines.ts")).decodeLines(process.stdin, direction, terminal);
      } else if (uuid === undefined || hex === undefined) {
        decode.error("a characteristic and its octets are needed\n(carepost decode --help has examples)");
      } else {
        const { decodeOne } = await import("../decode/decode-one.ts");
        process.exitCode = await decodeOne({ uuid, hex, direction }, json, terminal);
      }
    });
  return endHelp(decode, terminal, {
    examples: [
      ["carepost decode 2A35 00780050005A00", "a blood pressure"],
      ["carepost decode --json 2A19 64", "for a program"],
      ["carepost decode --json - < frames.txt", "a `UUID HEX` a line, a JSON answer a line"],
      ["carepost decode 2A52 0101 --direction tx", "what was written to a control point"],
    ],
    exitCodes: {
      0: "decoded; with - : every line was answered, be it with an error",
      1: "rejected, or not known: with --json, {error} says why",
    },
  });
}
