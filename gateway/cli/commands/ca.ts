import type { Command } from "commander";
import { endHelp, newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";
import { issueCommand } from "./ca-issue.ts";
import { initCommand } from "./ca-init.ts";
import { listCommand, revokeCommand, tokenCommand } from "./ca-register.ts";
import { serveCommand } from "./ca-serve.ts";

/** `carepost ca`: the authority that says who a gateway is. */
export function command(terminal: Terminal): Command {
  const ca = newCommand("ca", terminal)
    .usage("<command> [options]")
    .description(
      "The fleet's own authority. It gives each gateway a certificate of 30 days, by a one-time token, renews it, and can withdraw it at once. All of it may be used while `ca serve` runs.",
    )
    .addCommand(initCommand(terminal))
    .addCommand(tokenCommand(terminal))
    .addCommand(issueCommand(terminal))
    .addCommand(revokeCommand(terminal))
    .addCommand(listCommand(terminal))
    .addCommand(serveCommand(terminal));
  return endHelp(ca, terminal, {
    examples: [
      ["carepost ca init --dir ./ca", "make the authority, then move ca/root.key offline"],
      ["carepost ca serve --dir ./ca --name ca.example", "the enrolment service"],
      ["carepost ca token gw-0001", "let one gateway in"],
      ["carepost ca revoke gw-0001", "and out"],
    ],
  });
}
