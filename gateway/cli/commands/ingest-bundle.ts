import type { Command } from "commander";
import { gatewayIdArgument } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";
import { askRunningIngestor } from "../with-ingestor.ts";
import { addSinkOptions, type SinkOptions } from "../with-sink.ts";
import { whereBundleMayBe, writeBundle } from "../write-bundle.ts";

interface BundleOptions extends SinkOptions {
  readonly output?: string;
}

/** `carepost ingest bundle`: a gateway's support bundle, from afar. */
export function bundleCommand(terminal: Terminal): Command {
  const bundle = newCommand("bundle", terminal)
    .summary("ask a gateway for its support bundle")
    .description(
      "Asks a gateway that is online for its support bundle, through the ingestor that runs here. It checks itself first, so it takes up to a minute; it makes one in ten minutes, and notes it in its audit log. A bundle holds no person, no measured value and no device's name.",
    )
    .argument("<gateway>", "the gateway's id", gatewayIdArgument)
    .option("-o, --output <file>", "write it there (default: standard output)");
  addSinkOptions(bundle).action(async (gateway: string, { output, ...options }: BundleOptions) => {
    // A gateway that was asked in vain says no for ten minutes.
    await whereBundleMayBe(output);
    terminal.note(`${gateway} is asked. It may take a minute…\n`);
    const { text } = await askRunningIngestor(options, { op: "support-bundle", gateway });
    await writeBundle(text, output, terminal);
  });
  return endHelp(bundle, terminal, {
    examples: [
      ["carepost ingest bundle hub-0001 -o hub-0001.json", "write it into a file"],
      ["carepost ingest bundle hub-0001 | jq .checks", "the outcome of the gateway's own checks"],
    ],
  });
}
