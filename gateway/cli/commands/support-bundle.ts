import type { Command } from "commander";
import type { ConfigOrigin } from "../../config/load-config.ts";
import { endHelp, newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";
import { version } from "../version.ts";
import { writeBundle } from "../write-bundle.ts";

interface BundleOptions {
  readonly config?: string;
  readonly output?: string;
}

/** `carepost support-bundle`: one file for whoever helps, which tells of nobody. */
export function command(terminal: Terminal): Command {
  const bundle = newCommand("support-bundle", terminal)
    .description(
      "Writes one JSON file for whoever helps: versions, settings without secrets and places, counts, and the outcome of the checks of `carepost doctor`. It holds no person, no measured value, no address, no serial number and no name of a device. The staff view of a running gateway writes one that also tells of its radio, its delivery and its latest log lines.",
    )
    .option(
      "-c, --config <file>",
      "the gateway's configuration (default: ./carepost.yaml, /etc/carepost/carepost.yaml)",
    )
    .option("-o, --output <file>", "write it there (default: standard output)")
    .action(async ({ config, output }: BundleOptions) => {
      const text = await bundleText({
        path: config ?? null,
        environment: process.env,
        folder: process.cwd(),
        flags: [],
      });
      await writeBundle(text, output, terminal);
    });
  return endHelp(bundle, terminal, {
    examples: [
      ["carepost support-bundle --output bundle.json", "write it into a file"],
      ["carepost support-bundle | jq .checks", "the outcome of the checks"],
    ],
  });
}

async function bundleText(origin: ConfigOrigin): Promise<string> {
  const [{ bundleOfMachine }, { systemClock }] = await Promise.all([
    import("../../ops/bundle-of-machine.ts"),
    import("../../system-clock.ts"),
  ]);
  return await bundleOfMachine(origin, { version: version(), clock: systemClock });
}
