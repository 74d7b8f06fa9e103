import type { Command } from "commander";
import { endHelp, newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";
import { kioskPinCommand } from "./kiosk-pin.ts";

/** `carepost kiosk`: what belongs to the pages that a gateway serves to people. */
export function command(terminal: Terminal): Command {
  const kiosk = newCommand("kiosk", terminal)
    .usage("<command> [options]")
    .description("Looks after the pages that a gateway serves to people: `kiosk.port` in its configuration.")
    .addCommand(kioskPinCommand(terminal));
  return endHelp(kiosk, terminal, {
    examples: [["carepost kiosk pin counter-1", "let somebody of the staff sign in"]],
  });
}
