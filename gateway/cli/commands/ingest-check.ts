import type { Command } from "commander";
import { postgresFacts } from "../../../cloud-sync/ingest/sinks/postgres/postgres-facts.ts";
import type { IngestConfig } from "../../config/ingest-config.ts";
import { postgresAccessOf } from "../../config/postgres-access-of.ts";
import { ingestTlsOf } from "../../config/tls-of.ts";
import { crlCheck } from "../../ops/checks/crl-check.ts";
import { tlsFilesCheck } from "../../ops/checks/tls-files-check.ts";
import { postgresSinkChecks, sqliteSinkChecks } from "../../ops/checks/sink-checks.ts";
import type { Check } from "../../ops/doctor.ts";
import { systemClock } from "../../system-clock.ts";
import { endHelp, newCommand } from "../command.ts";
import { tellChecks } from "../tell-checks.ts";
import type { Terminal } from "../terminal.ts";
import { addSinkOptions, ingestConfigOf, openReader } from "../with-sink.ts";
import type { SinkOptions } from "../with-sink.ts";

interface CheckOptions extends SinkOptions {
  readonly json?: true;
}

/** `carepost ingest check`: is the sink fit, and how to mend it. */
export function checkCommand(terminal: Terminal): Command {
  const check = addSinkOptions(newCommand("check", terminal))
    .summary("are certificates and sink fit, and how to mend them")
    .description(
      "Checks the certificates, if there are any, and the sink: of a PostgreSQL which server is the primary, its clock, whether a commit waits for disk and standby, the schema and its partitions; of either the dead letters. It changes nothing.",
    )
    .optionsGroup("Options:")
    .option("--json", "a JSON object {ok, checks: [{check, status, finding, mend, durationMs}]}")
    .action(async ({ json, ...options }: CheckOptions) => {
      const { config } = ingestConfigOf(options);
      const checks = [...certificateChecks(config), ...sinkChecks(config)];
      process.exitCode = await tellChecks(checks, { json: json === true, terminal });
    });
  return endHelp(check, terminal, {
    examples: [["carepost ingest check", "look at the sink of this machine's configuration"]],
    exitCodes: { 0: "nothing fails; there may be warnings", 1: "something fails" },
  });
}

/** Certificate and revocation list, where the configuration names them. */
function certificateChecks({ ingest }: IngestConfig): readonly Check[] {
  const material = ingestTlsOf(ingest);
  if (material === undefined) return [];
  const role = ingest.role === "ingestor" ? { client: /^ingestor-./ } : ("server" as const);
  const files = tlsFilesCheck({ material, role, now: systemClock.now() });
  return ingest.crlFile === null ? [files] : [files, crlCheck(ingest.crlFile, material)];
}

const sinkChecks = (config: IngestConfig): readonly Check[] =>
  config.ingest.sink === "sqlite"
    ? sqliteSinkChecks(() => openReader(config))
    : postgresSinkChecks(() => postgresFacts(postgresAccessOf(config, process.env), systemClock));
