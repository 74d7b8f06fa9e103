import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { mosquittoFiles } from "../../../cloud-sync/ingest/mosquitto-config.ts";
import { wholeNumber } from "../arguments.ts";
import { cliErrors } from "../cli-error.ts";
import { endHelp, newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";

interface MosquittoOptions {
  readonly dir: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly crl?: string;
  readonly port: number;
  readonly host?: string;
  readonly ingestor: readonly string[];
  readonly deny: readonly string[];
  readonly connectionsMax: number;
  readonly force?: true;
}

/** `carepost broker-config`: configurations of other brokers, with the rules that the embedded one has by itself. */
export function command(terminal: Terminal): Command {
  const brokerConfig = newCommand("broker-config", terminal)
    .usage("<command> [options]")
    .description("Writes the configuration of a broker that lets gateways and ingestors in by their certificates.")
    .addCommand(mosquittoCommand(terminal));
  return endHelp(brokerConfig, terminal, {
    examples: [["carepost broker-config mosquitto --help", "for Eclipse Mosquitto 2"]],
  });
}

function mosquittoCommand(terminal: Terminal): Command {
  const mosquitto = newCommand("mosquitto", terminal)
    .summary("for Eclipse Mosquitto 2: mosquitto.conf and its access list")
    .description(
      "Writes mosquitto.conf and acl into a folder. A certificate's name is then the client's id and its place in the topics: a gateway speaks and hears under its own name alone, and each ingestor that is named here reads the fleet's.",
    )
    .requiredOption("--dir <folder>", "where the two files are written")
    .requiredOption("--ca <file>", "the authorities of gateways and ingestors, in PEM")
    .requiredOption("--cert <file>", "the broker's certificate, in PEM")
    .requiredOption("--key <file>", "its key; mosquitto's user must be able to read it")
    .option("--crl <file>", "revocation lists, in PEM")
    .option("--port <number>", "the port to listen on", wholeNumber(1, 65_535), 8883)
    .option("--host <address>", "the address to listen on (default: all)")
    .option("--ingestor <name...>", "the ingestors, without ingestor-", [])
    .option("--deny <gateway...>", "gateways that may say and hear nothing, whatever their certificate", [])
    .option("--connections-max <number>", "how many may be connected", wholeNumber(1, 1_000_000), 10_000)
    .option("--force", "write over files that are there")
    .action(async (options: MosquittoOptions) => {
      const written = writeFiles(options);
      await terminal.out(`${written.join("\n")}\n`);
      terminal.note(`Start it with: mosquitto -c ${written[0]}\n`);
    });
  return endHelp(mosquitto, terminal, {
    examples: [
      ["carepost broker-config mosquitto --dir . --ca ca.pem --cert b.crt --key b.key", "for gateways alone"],
      ["… --crl crl.pem --ingestor a b", "with a revocation list, and the ingestors ingestor-a and ingestor-b"],
    ],
    exitCodes: { 1: "a file is there already, or cannot be written" },
  });
}

/** Answers the paths of what it wrote. */
function writeFiles(options: MosquittoOptions): readonly [configuration: string, accessList: string] {
  const { dir, ca, cert, key, crl, port, host, ingestor, deny, connectionsMax, force } = options;
  const [configurationFile, aclFile] = [join(resolve(dir), "mosquitto.conf"), join(resolve(dir), "acl")];
  const { configuration, accessList } = planned({
    port,
    host: host ?? null,
    caFile: resolve(ca),
    certFile: resolve(cert),
    keyFile: resolve(key),
    crlFile: crl === undefined ? null : resolve(crl),
    aclFile,
    ingestors: ingestor,
    denied: deny,
    connectionsMax,
  });
  const taken = [configurationFile, aclFile].find((path) => existsSync(path));
  if (taken !== undefined && force !== true) {
    throw cliErrors.make("file-exists", `${taken} is there already`);
  }
  mkdirSync(resolve(dir), { recursive: true });
  writeFileSync(configurationFile, configuration);
  writeFileSync(aclFile, accessList);
  return [configurationFile, aclFile];
}

function planned(plan: Parameters<typeof mosquittoFiles>[0]): ReturnType<typeof mosquittoFiles> {
  try {
    return mosquittoFiles(plan);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw cliErrors.make("broker-plan-invalid", error.message, { cause: error });
  }
}
