import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { type Command, InvalidArgumentError } from "commander";
import { loginName, withSecretLine } from "../../../cloud-sync/http/secret-line.ts";
import { passwordLine, readPasswordFile } from "../../../cloud-sync/ingest/operator/password-file.ts";
import { askSecret } from "../ask-secret.ts";
import { endHelp, newCommand } from "../command.ts";
import { stopSignal } from "../stop-signal.ts";
import type { Terminal } from "../terminal.ts";

/** `carepost ingest operator-password`: lets somebody log in at the operator's page. */
export function operatorPasswordCommand(terminal: Terminal): Command {
  const command = newCommand("operator-password", terminal)
    .summary("who may log in at the operator's page")
    .description(
      "Writes a name and the hash of its password into a file, for `operator.passwordFile`. The password is asked for, or read from standard input. A name that is there already gets the new password; the ingestor reads the file when it starts.",
    )
    .argument("<file>", "the password file; it is made if it is not there")
    .argument("<name>", "who: letters, digits, dots, hyphens", nameArgument)
    .action(async (file: string, name: string) => {
      const password = await askSecret(`A password for ${name}, 12 characters or more: `, stopSignal());
      const line = await passwordLine(name, password);
      const kept = existsSync(file) ? readFileSync(file, "utf8") : "";
      if (kept.trim() !== "") readPasswordFile(kept);
      // Whoever reads the file finds the old one or the new one, never a part.
      writeFileSync(`${file}.new`, withSecretLine(kept, line), { mode: 0o600 });
      renameSync(`${file}.new`, file);
      terminal.note(`${name} may log in with it once the ingestor has been started again.\n`);
    });
  return endHelp(command, terminal, {
    examples: [["carepost ingest operator-password /etc/carepost/operators ops", "asks for a password for ops"]],
  });
}

function nameArgument(text: string): string {
  if (loginName.test(text)) return text;
  throw new InvalidArgumentError("A name is 1 to 64 letters, digits, dots, hyphens or underscores.");
}
