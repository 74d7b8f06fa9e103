import type { Command } from "commander";
import { newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";
import { kioskPinCommand } from "./kiosk-pin.ts";

/** `carepost kiosk`: what belongs to the pages that a gateway serves to people. */
export const command = (terminal: Terminal): Command =>
  newCommand("kiosk", terminal)
    .description("Looks after the pages that a gateway serves to people: `kiosk.port` in its configuration.")
    .addCommand(kioskPinCommand(terminal));
