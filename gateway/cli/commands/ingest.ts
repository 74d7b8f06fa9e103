import type { Command } from "commander";
import type { Delivery } from "../../../cloud-sync/ingest/sink.ts";
import type { OperatorHandle } from "../../../cloud-sync/ingest/operator/start-operator.ts";
import type { IngestHandle, IngestOptions } from "../../../cloud-sync/ingest/start-ingest.ts";
import { type OperatorAccess, operatorAccessOf } from "../../config/operator-access-of.ts";
import { postgresAccessOf } from "../../config/postgres-access-of.ts";
import { ingestTlsOf } from "../../config/tls-of.ts";
import { configText, configJson } from "../../config/print-config.ts";
import { endHelp, newCommand } from "../command.ts";
import { processLog } from "../process-log.ts";
import { aborted, stopSignal } from "../stop-signal.ts";
import type { Terminal } from "../terminal.ts";
import { version } from "../version.ts";
import { controlSocketOf } from "../with-ingestor.ts";
import { addIngestOptions, ingestConfigOf, sinkKeyOf, sinkPathOf } from "../with-sink.ts";
import type { IngestFlags } from "../with-sink.ts";
import { bundleCommand } from "./ingest-bundle.ts";
import { checkCommand } from "./ingest-check.ts";
import { deadLettersCommand } from "./ingest-dead-letters.ts";
import { eventsCommand } from "./ingest-events.ts";
import { fhirCommand } from "./ingest-fhir.ts";
import { operatorPasswordCommand } from "./ingest-operator-password.ts";
import { homesCommand } from "./ingest-homes.ts";
import { natsUsersCommand } from "./ingest-nats-users.ts";
import { rostersCommand } from "./ingest-rosters.ts";
import { tailCommand } from "./ingest-tail.ts";

interface IngestCommandOptions extends IngestFlags {
  readonly printConfig?: true;
  readonly json?: true;
}

/** `carepost ingest`: the cloud's end of delivery. */
export function command(terminal: Terminal): Command {
  const ingest = addIngestOptions(newCommand("ingest", terminal))
    .usage("[options] | <command>")
    .description(
      "The cloud's end: takes batches over MQTT, stores each reading once, and sends the receipt when it is on disk.",
    )
    .optionsGroup("Options:")
    .option("--print-config", "show what is in force, and where each key comes from, then end")
    .option("--json", "a JSON line on standard output for what happens: {event: listening | committed | stopped, …}")
    .action(async (options: IngestCommandOptions) => {
      const loaded = ingestConfigOf(options);
      if (options.printConfig === true) {
        await terminal.out(options.json === true ? configJson(loaded) : configText(loaded));
      } else {
        await runIngest(loaded.config, options.json === true, terminal);
      }
    })
    .commandsGroup("Look into it, also while it runs:")
    .addCommand(checkCommand(terminal))
    .addCommand(tailCommand(terminal))
    .addCommand(eventsCommand(terminal))
    .addCommand(deadLettersCommand(terminal))
    .addCommand(rostersCommand(terminal))
    .addCommand(bundleCommand(terminal))
    .commandsGroup("Say who is at home where:")
    .addCommand(homesCommand(terminal))
    .commandsGroup("Hand it on:")
    .addCommand(fhirCommand(terminal))
    .commandsGroup("Let somebody in:")
    .addCommand(operatorPasswordCommand(terminal))
    .commandsGroup("Set up a broker:")
    .addCommand(natsUsersCommand(terminal));
  return endHelp(ingest, terminal, {
    examples: [
      ["carepost ingest --sink ./sink.db", "broker and ingestor on 127.0.0.1:1883"],
      ["carepost ingest --role ingestor --broker mqtt://localhost --sink ./sink.db", "the other half, at any broker"],
      ["carepost ingest --role ingestor --share-group carepost", "one of several that share a broker and a PostgreSQL"],
      ["carepost ingest --role ingestor --broker nats://localhost --sink ./s.db", "at a NATS server"],
      ["carepost ingest --sink ./sink.db --operator 9464", "with the operator's page at http://127.0.0.1:9464/"],
      ["carepost ingest tail --sink ./sink.db", "readings as they arrive"],
    ],
    exitCodes: { 1: "could not start, or the sink's disk failed" },
  });
}

type IngestConfig = ReturnType<typeof ingestConfigOf>["config"];

async function runIngest(config: IngestConfig, json: boolean, terminal: Terminal): Promise<void> {
  const { ingest } = config;
  const path = sinkPathOf(ingest);
  const { startIngest } = await import("../../../cloud-sync/ingest/start-ingest.ts");
  const { systemClock } = await import("../../system-clock.ts");
  const signal = stopSignal();
  const access = operatorAccessOf(config, process.env);
  const operator = access === null ? null : await operatorOf(access, config.log.level);
  const handle = await startIngest({
    observer: operator?.observer,
    role: ingest.role,
    listen: { host: ingest.host, port: ingest.port },
    ...(path === null
      ? { postgres: postgresAccessOf(config, process.env) }
      : { sinkPath: path, key: sinkKeyOf(ingest) }),
    brokerUrl: ingest.brokerUrl,
    tls: ingestTlsOf(ingest),
    crlFile: ingest.crlFile,
    shareGroup: ingest.shareGroup,
    mqttUrl: ingest.mqttUrl,
    limits: {
      connectionsMax: ingest.connectionsMax,
      pendingConnectionsMax: ingest.pendingConnectionsMax,
      handshakesPerSMax: ingest.handshakesPerSMax,
      connectTimeoutMs: ingest.connectTimeoutS * 1000,
    },
    clock: systemClock,
    log: processLog(config.log.level),
  });
  const tell = (event: object): void => {
    if (json) void terminal.out(`${JSON.stringify(event)}\n`);
  };
  const page = await operator?.start(handle).catch(async (error: unknown) => {
    await handle.stop();
    throw error;
  });
  if (page !== undefined) terminal.note(`The operator's page: ${page.url}\n`);
  tell({ event: "listening", url: handle.address?.url ?? null, operator: page?.url ?? null });
  if (json) handle.onCommitted((deliveries) => tell({ event: "committed", readings: deliveries.map(committedOf) }));
  const ending = new AbortController();
  const control = serveControl(config, handle, ending.signal);
  const failure = await Promise.race([handle.failed, aborted(signal)]);
  ending.abort();
  await control;
  await page?.stop();
  await handle.stop().catch((error: unknown) => {
    // A disk that has failed may fail once more at the end: what it failed of first is what is to be mended.
    throw failure ?? error;
  });
  tell({ event: "stopped", counts: handle.counts() });
  if (failure !== undefined) throw failure;
}

/** For `homes set` and the like, which a sink that is a file lets nobody do beside its ingestor. */
async function serveControl(config: IngestConfig, handle: IngestHandle, signal: AbortSignal): Promise<void> {
  const path = controlSocketOf(config.ingest);
  if (path === null || config.ingest.role === "broker") return;
  const { serveIngestControl } = await import("../../control/ingest-control.ts");
  await serveIngestControl({ ...handle, path, log: processLog(config.log.level) }, signal);
}

interface OperatorPart {
  readonly observer: NonNullable<IngestOptions["observer"]>;
  start(handle: IngestHandle): Promise<OperatorHandle>;
}

/** The operator's end is loaded only where it is wanted. */
async function operatorOf(access: OperatorAccess, level: IngestConfig["log"]["level"]): Promise<OperatorPart> {
  const [{ watchIngest }, { startOperator }, { systemClock: clock }] = await Promise.all([
    import("../../../cloud-sync/ingest/operator/ingest-watch.ts"),
    import("../../../cloud-sync/ingest/operator/start-operator.ts"),
    import("../../system-clock.ts"),
  ]);
  const watch = watchIngest(clock);
  const options = { ...access, version: version(), clock, log: processLog(level) };
  return { observer: watch.observer, start: (handle) => startOperator(handle, watch, options) };
}

const committedOf = ({ gateway, reading }: Delivery): object => ({ gateway, reading });
