import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { natsUsersConf } from "../../../cloud-sync/ingest/nats/server-users.ts";
import { endHelp, newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";

/** `carepost ingest nats-users`: whom a nats-server lets in by certificate, and what each may say and hear. */
export function natsUsersCommand(terminal: Terminal): Command {
  const users = newCommand("nats-users", terminal)
    .summary("users for a nats-server, one for each certificate")
    .description(
      "Prints the users of a nats-server that takes identities from certificates (verify_and_map): each gateway speaks and hears under its own id only. Include it in the server's account, then nats-server --signal reload.",
    )
    .argument("<file>", "the gateways' ids, one a line; - reads standard input")
    .requiredOption("--ingestor <name...>", "the common names of the ingestors' certificates, ingestor-…")
    .action(async (file: string, { ingestor }: { readonly ingestor: readonly string[] }) => {
      const lines = readFileSync(file === "-" ? 0 : file, "utf8").split("\n");
      const gateways = lines.map((line) => line.trim()).filter((line) => line !== "");
      await terminal.out(natsUsersConf({ gateways, ingestors: ingestor }));
    });
  return endHelp(users, terminal, {
    examples: [["carepost ingest nats-users ids.txt --ingestor ingestor-1 > users.conf", "write the file"]],
  });
}
