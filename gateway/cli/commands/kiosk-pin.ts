import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { type Command, InvalidArgumentError } from "commander";
import { loginName, withSecretLine } from "../../../cloud-sync/http/secret-line.ts";
import { loadGatewayConfig } from "../../config/load-config.ts";
import { kioskHttpErrors } from "../../kiosk/http/kiosk-http-error.ts";
import { pinLine, readPinFile } from "../../kiosk/http/pin-file.ts";
import { askSecret } from "../ask-secret.ts";
import { endHelp, newCommand } from "../command.ts";
import { stopSignal } from "../stop-signal.ts";
import type { Terminal } from "../terminal.ts";

interface PinOptions {
  readonly config?: string;
  readonly file?: string;
}

/** `carepost kiosk pin`: lets somebody sign in at the staff view. */
export function kioskPinCommand(terminal: Terminal): Command {
  const command = newCommand("pin", terminal)
    .summary("who may sign in at the staff view")
    .description(
      "Writes a name and the hash of its PIN into the staff file. The PIN is asked for twice, or read from standard input. A name that is there already gets the new PIN, and is open again if it was closed; the gateway reads the file when it starts. Twenty wrong PINs in a row close a name: with six digits, that is a chance of 0.002%.",
    )
    .argument("<name>", "who: letters, digits, dots, hyphens", nameArgument)
    .option("-f, --file <file>", "the staff file; it is made if it is not there (default: kiosk.staffFile)")
    .option("-c, --config <file>", "the configuration that names it")
    .action(async (name: string, options: PinOptions) => {
      const file = options.file ?? staffFileOf(options.config ?? null);
      const line = await pinLine(name, await askTwice(name));
      const kept = existsSync(file) ? readFileSync(file, "utf8") : "";
      if (kept.trim() !== "") readPinFile(kept);
      // Whoever reads the file finds the old one or the new one, never a part.
      writeFileSync(`${file}.new`, withSecretLine(kept, line), { mode: 0o600 });
      renameSync(`${file}.new`, file);
      terminal.note(`${name} may sign in with it once the gateway has been started again.\n`);
    });
  return endHelp(command, terminal, {
    examples: [
      ["carepost kiosk pin counter-1", "asks for a PIN for counter-1, for the staff file of ./carepost.yaml"],
      ["carepost kiosk pin counter-1 --file /etc/carepost/staff", "in another file"],
    ],
  });
}

function staffFileOf(path: string | null): string {
  const { config } = loadGatewayConfig({ path, environment: process.env, folder: process.cwd(), flags: [] });
  if (config.kiosk.staffFile !== null) return config.kiosk.staffFile;
  throw kioskHttpErrors.make("kiosk-staff-file-unnamed", "no file is named for it");
}

/** A person types it twice; what a program gives is read once. */
async function askTwice(name: string): Promise<string> {
  const signal = stopSignal();
  const pin = await askSecret(`A PIN for ${name}, 4 to 12 digits, better 6: `, signal);
  if (!process.stdin.isTTY) return pin;
  if ((await askSecret("The same again: ", signal)) === pin) return pin;
  throw kioskHttpErrors.make("kiosk-pin-differs", "the two PINs are not the same");
}

function nameArgument(text: string): string {
  if (loginName.test(text)) return text;
  throw new InvalidArgumentError("A name is 1 to 64 letters, digits, dots, hyphens or underscores.");
}
