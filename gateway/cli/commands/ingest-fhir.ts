import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import type { FhirProfiles } from "../../../cloud-sync/fhir/observation.ts";
import type { SinkReader } from "../../../cloud-sync/ingest/sink.ts";
import { fhirClient } from "../../../cloud-sync/ingest/sinks/fhir-client.ts";
import { createFhirForwarder, type FhirForwarder } from "../../../cloud-sync/ingest/sinks/fhir-forwarder.ts";
import { type FhirLedger, openFhirLedger } from "../../../cloud-sync/ingest/sinks/fhir-ledger.ts";
import { systemClock } from "../../system-clock.ts";
import { idsArgument, wholeNumber } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import { printListing } from "../listing.ts";
import { processLog } from "../process-log.ts";
import { stopSignal } from "../stop-signal.ts";
import type { Terminal } from "../terminal.ts";
import { addSinkOptions, ingestConfigOf, sinkKeyOf, withSinkReader } from "../with-sink.ts";
import type { SinkOptions } from "../with-sink.ts";
import { profilesOption } from "./fhir.ts";
import { limitOption } from "./readings-filter.ts";

interface FhirSinkOptions extends SinkOptions {
  readonly server: string;
  readonly tokenFile?: string;
  readonly ledger?: string;
  readonly profiles: FhirProfiles;
  readonly personSystem?: string;
  readonly timeoutS: number;
}

/** `carepost ingest fhir`: tells a FHIR server of the sink's readings, beside a running ingestor. */
export function fhirCommand(terminal: Terminal): Command {
  const fhir: Command = serverOptions(newCommand("fhir", terminal).addOption(new Option(...server)))
    .summary("tell a FHIR server of every reading, until Ctrl-C")
    .usage("--server <url> [options] | list | retry")
    .description(
      "Posts each reading of the sink to a FHIR R4 server as a transaction, in the order of their commit, and goes on " +
        "as they arrive. It remembers how far it came, waits for a server that takes nothing, and sets aside what the " +
        "server refuses, with its reason. What is told twice changes nothing. It may run beside the ingestor.",
    )
    .action(async ({ server: url, ...options }: Omit<FhirSinkOptions, "server"> & { readonly server?: string }) => {
      // Not a required option, because then its own commands would need it twice.
      if (url === undefined) fhir.error("--server is needed: the base address of the FHIR server");
      const signal = stopSignal();
      const counts = await withForwarder({ ...options, server: url }, async (forwarder) => {
        await forwarder.run(signal);
        return forwarder.counts();
      });
      terminal.note(`${counts.told} told, ${counts.setAside} set aside\n`);
    })
    .addCommand(listCommand(terminal))
    .addCommand(retryCommand(terminal));
  return endHelp(fhir, terminal, {
    examples: [
      ["carepost ingest fhir --server https://fhir.example.org/r4", "all there are, and what comes"],
      ["carepost ingest fhir list --server URL", "what that server refused, and why"],
    ],
  });
}

const server = ["--server <url>", "its base address: https, or http to this machine"] as const;
const requiredServer = (): Option => new Option(...server).makeOptionMandatory();

const serverOptions = (command: Command): Command =>
  addSinkOptions(
    command
      .optionsGroup("Which server:")
      .option("--token-file <file>", "a bearer token, read anew for each request")
      .option("--person-system <uri>", "the identifier system by which it knows the people")
      .option("--timeout-s <seconds>", "how long it may take to answer", wholeNumber(1, 600), 30)
      .option("--ledger <file>", "how far it was told (default: beside the sink)")
      .addOption(profilesOption()),
  );

interface ListOptions extends FhirSinkOptions {
  readonly limit: number;
  readonly after: number;
  readonly json?: true;
}

function listCommand(terminal: Terminal): Command {
  const list = serverOptions(limitOption(newCommand("list", terminal).addOption(requiredServer())))
    .summary("what the server refused, and why")
    .description("Lists the readings that the server would not take. Stop `carepost ingest fhir` first.")
    .option("--json", "a JSON array, with the server's OperationOutcome")
    .action(async ({ limit, after, json, ...options }: ListOptions) => {
      const ledger = ledgerOf(options);
      try {
        await printListing(terminal, {
          items: ledger.quarantined({ afterId: after, limit }),
          json: json === true,
          head: ["ID", "WHEN", "GATEWAY", "CODE", "STATUS", "READING"],
          row: (entry) => [
            { text: String(entry.id), right: true },
            new Date(entry.at).toISOString().slice(0, 19).replace("T", " "),
            entry.gateway,
            entry.code,
            String(entry.status ?? "-"),
            entry.readingId,
          ],
          whenEmpty: "Nothing is set aside.",
        });
      } finally {
        ledger.close();
      }
    });
  return endHelp(list, terminal, {
    examples: [["carepost ingest fhir list --server URL --json", "with what the server said"]],
  });
}

function retryCommand(terminal: Terminal): Command {
  const retry = serverOptions(newCommand("retry", terminal).addOption(requiredServer()))
    .summary("tell the server once more what it refused")
    .description("Posts what was set aside once more. Stop `carepost ingest fhir` first.")
    .addArgument(idsArgument())
    .action(async (ids: readonly number[], options: FhirSinkOptions) => {
      const signal = stopSignal();
      const { told, refused } = await withForwarder(options, (forwarder) => forwarder.retry(ids, signal));
      terminal.note(`${told} told, ${refused} refused again\n`);
      if (refused > 0) process.exitCode = 1;
    });
  return endHelp(retry, terminal, {
    examples: [["carepost ingest fhir retry --server URL", "all of it"]],
    exitCodes: { 1: "failed, or something was refused again" },
  });
}

async function withForwarder<T>(options: FhirSinkOptions, use: (forwarder: FhirForwarder) => Promise<T>): Promise<T> {
  const { tokenFile, timeoutS, profiles, personSystem } = options;
  const token = (): string | null => (tokenFile === undefined ? null : readFileSync(tokenFile, "utf8").trim());
  const client = fhirClient({ url: options.server, token, timeoutMs: timeoutS * 1000 });
  const log = processLog(ingestConfigOf(options).config.log.level);
  return await withSinkReader(options, async (sink: SinkReader) => {
    const ledger = ledgerOf(options);
    try {
      const ports = { sink, ledger, client, clock: systemClock, random: Math.random, log };
      return await use(createFhirForwarder(ports, { profiles, personSystem }));
    } finally {
      ledger.close();
    }
  });
}

function ledgerOf(options: FhirSinkOptions): FhirLedger {
  const { ingest } = ingestConfigOf(options).config;
  const path = options.ledger ?? `${ingest.path}-fhir`;
  return openFhirLedger({ path, key: sinkKeyOf(ingest), at: systemClock.now(), server: options.server });
}
