import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { identityErrors } from "../../../cloud-sync/identity/identity-error.ts";
import { cliErrors } from "../cli-error.ts";
import { endHelp, newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";
import { addAuthorityOption, withAuthority } from "../with-authority.ts";
import type { AuthorityOptions } from "../with-authority.ts";
import { addressList, hostList, ingestorNameArgument } from "../host-names.ts";

interface IssueOptions extends AuthorityOptions {
  readonly dns: readonly string[];
  readonly ip: readonly string[];
  readonly cert: string;
  readonly key: string;
}

/** For what runs in the cloud: keys are made here, and the files are given to whoever needs them. */
export function issueCommand(terminal: Terminal): Command {
  const issue = newCommand("issue", terminal)
    .usage("server | ingestor")
    .summary("a certificate for a broker, a database or an ingestor")
    .description("Makes a key and a certificate of 90 days for something in the cloud.")
    .addCommand(serverCommand(terminal))
    .addCommand(ingestorCommand(terminal));
  return endHelp(issue, terminal, {
    examples: [["carepost ca issue server --dns broker.example --cert broker.crt --key broker.key", "a broker's"]],
  });
}

function serverCommand(terminal: Terminal): Command {
  const server = addFiles(newCommand("server", terminal))
    .summary("for a broker or a database")
    .description("For a broker or a database, under the names by which it is reached: at least one.")
    .action(async (options: IssueOptions) => {
      const name = options.dns[0] ?? options.ip[0];
      if (name === undefined) throw identityErrors.make("host-name-invalid", "no --dns and no --ip is given");
      await issueTo(options, { kind: "server", name });
      terminal.note(`${options.cert} and ${options.key} are for ${[...options.dns, ...options.ip].join(", ")}.\n`);
    });
  return endHelp(server, terminal, {
    examples: [["carepost ca issue server --dns broker.example --cert broker.crt --key broker.key", "a broker's"]],
  });
}

function ingestorCommand(terminal: Terminal): Command {
  const ingestor = addFiles(newCommand("ingestor", terminal))
    .summary("for an ingestor, which may read the whole fleet's topics")
    .description("For an ingestor. With names it may serve as a broker as well.")
    .argument("<name>", "its name", ingestorNameArgument)
    .action(async (name: string, options: IssueOptions) => {
      await issueTo(options, { kind: "ingestor", name });
      terminal.note(`${options.cert} and ${options.key} are for the ingestor ${name}.\n`);
    });
  return endHelp(ingestor, terminal, {
    examples: [["carepost ca issue ingestor a --cert a.crt --key a.key", "one that connects to a broker"]],
  });
}

const addFiles = (command: Command): Command =>
  addAuthorityOption(command)
    .option("--dns <name>", "a host name, any number of times", hostList, [])
    .option("--ip <address>", "an address, any number of times", addressList, [])
    .requiredOption("--cert <file>", "where the certificate goes, with the issuing authority's")
    .requiredOption("--key <file>", "where its key goes, readable by its owner alone");

async function issueTo(
  options: IssueOptions,
  { kind, name }: { kind: "server" | "ingestor"; name: string },
): Promise<void> {
  if (resolve(options.cert) === resolve(options.key)) {
    throw cliErrors.make("file-present", "--cert and --key are one file, and the one would overwrite the other");
  }
  const present = [options.cert, options.key].find((path) => existsSync(path));
  if (present !== undefined) throw cliErrors.make("file-present", `${present} exists`);
  const { newKeyPem, publicKeyPemOf } = await import("../../../cloud-sync/identity/certificates.ts");
  const { diskSteps, ownerOnly, readableByAll } = await import("../../../cloud-sync/identity/durable-files.ts");
  await withAuthority(options, async (authority) => {
    const key = newKeyPem();
    const request = { publicKey: publicKeyPemOf(key), dnsNames: options.dns, ipAddresses: options.ip };
    try {
      diskSteps.write(options.key, key, ownerOnly);
      // Both files can be written before anything is issued: a certificate that nobody has would be in force all the same.
      diskSteps.write(options.cert, "", readableByAll);
      const chain =
        kind === "server" ? await authority.issueServer(name, request) : await authority.issueIngestor(name, request);
      diskSteps.write(options.cert, chain, readableByAll);
    } catch (cause) {
      for (const path of [options.key, options.cert]) if (existsSync(path)) diskSteps.remove(path);
      if (!(cause instanceof Error && "syscall" in cause)) throw cause;
      throw cliErrors.make("file-unwritable", `${options.cert} and ${options.key} cannot be written`, { cause });
    }
  });
}
