import { join } from "node:path";
import type { Command } from "commander";
import { systemClock } from "../../system-clock.ts";
import { endHelp, newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";
import { addAuthorityOption, withAuthority } from "../with-authority.ts";
import type { AuthorityOptions } from "../with-authority.ts";

interface InitOptions extends AuthorityOptions {
  readonly name: string;
  readonly json?: true;
}

export function initCommand(terminal: Terminal): Command {
  const init = addAuthorityOption(newCommand("init", terminal))
    .summary("make an authority")
    .description(
      "Makes an authority: a root whose key belongs offline, and an issuing authority that works by the day.",
    )
    .option("--name <name>", "what the certificates of the two are called", nameArgument, "Carepost")
    .option("--json", "print {folder, fingerprint} as JSON")
    .action(async (options: InitOptions) => {
      const { initAuthority } = await import("../../../cloud-sync/identity/authority-folder.ts");
      await initAuthority(options.dir, { name: options.name, now: systemClock.now() });
      const fingerprint = await withAuthority(options, async (authority) => {
        await authority.publishList();
        return authority.fingerprint;
      });
      if (options.json === true) await terminal.out(`${JSON.stringify({ folder: options.dir, fingerprint })}\n`);
      else await terminal.out(`${fingerprint}\n`);
      terminal.note(
        [
          `The authority is in ${options.dir}. Its root has the fingerprint above: gateways recognise the service by it.`,
          `Now move ${join(options.dir, "root.key")} to a medium that is kept offline, twice: nothing here needs it any more.`,
          `Brokers are given ${join(options.dir, "ca.crt")} and ${join(options.dir, "crl.pem")}; the rest is nobody else's.\n`,
        ].join("\n"),
      );
    });
  return endHelp(init, terminal, { examples: [["carepost ca init --dir /etc/carepost/ca", "in this folder"]] });
}

/** Room is left for the word that tells the two authorities apart. */
const nameArgument = (text: string): string => text.slice(0, 50);
