import { type Command, Option } from "commander";
import type { SubjectKind } from "../../../cloud-sync/identity/register.ts";
import { gatewayIdArgument, longDurationArgument } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import { printListing } from "../listing.ts";
import type { Terminal } from "../terminal.ts";
import { addAuthorityOption, withAuthority } from "../with-authority.ts";
import type { AuthorityOptions } from "../with-authority.ts";

interface TokenOptions extends AuthorityOptions {
  readonly valid: number;
  readonly reinstate?: true;
  readonly json?: true;
}

export function tokenCommand(terminal: Terminal): Command {
  const token = addAuthorityOption(newCommand("token", terminal))
    .summary("a one-time token that lets one gateway enrol")
    .description(
      "Shows a token with which this one gateway can enrol, once. It is shown here and nowhere again: only a digest of it is kept.",
    )
    .argument("<gateway>", "the gateway's id", gatewayIdArgument)
    .option("--valid <duration>", "how long it is good for, such as 30min, 24h or 7d", longDurationArgument, dayMs)
    .option("--reinstate", "also for a gateway that is revoked: it comes back with a new key")
    .option("--json", "print {gateway, token, expiresAt} as JSON")
    .action(async (gateway: string, { valid, reinstate, json, ...place }: TokenOptions) => {
      const given = await withAuthority(place, async (authority) =>
        authority.newToken(gateway, { validMs: valid, reinstate: reinstate === true }),
      );
      await terminal.out(json === true ? `${JSON.stringify(given)}\n` : `${given.token}\n`);
      terminal.note(`It lets ${gateway} enrol once, until ${instantText(given.expiresAt)}.\n`);
    });
  setDefaultText(token, "--valid", "24h");
  return endHelp(token, terminal, {
    examples: [["carepost ca token gw-0001 --valid 7d", "for a box that is sent out"]],
  });
}

interface RevokeOptions extends AuthorityOptions {
  readonly kind: SubjectKind;
  readonly json?: true;
}

export function revokeCommand(terminal: Terminal): Command {
  const revoke = addAuthorityOption(newCommand("revoke", terminal))
    .summary("withdraw a gateway's certificates, at once")
    .description(
      "Withdraws all certificates and tokens of a gateway. Nothing is renewed for it from now on, and crl.pem names its certificates; a broker that reads that file refuses it. Once more does no harm.",
    )
    .argument("<name>", "the gateway's id, or another's name as `carepost ca list` shows it")
    .addOption(new Option("--kind <kind>", "what it is").choices(["gateway", "ingestor", "server"]).default("gateway"))
    .option("--json", "print {kind, name, certificates} as JSON")
    .action(async (name: string, { kind, json, ...place }: RevokeOptions) => {
      const certificates = await withAuthority(place, (authority) => authority.revoke({ kind, name }));
      if (json === true) await terminal.out(`${JSON.stringify({ kind, name, certificates })}\n`);
      const what = certificates === 1 ? "one certificate" : `${certificates} certificates`;
      terminal.note(`${name} is revoked: ${what} withdrawn. Let brokers read ${place.dir}/crl.pem again.\n`);
    });
  return endHelp(revoke, terminal, { examples: [["carepost ca revoke gw-0001", "a box was stolen"]] });
}

interface ListOptions extends AuthorityOptions {
  readonly json?: true;
}

export function listCommand(terminal: Terminal): Command {
  const list = addAuthorityOption(newCommand("list", terminal))
    .summary("who has a certificate, until when, and who is revoked")
    .description("Lists who has a certificate, until when, and who is revoked; and the root's fingerprint.")
    .option("--json", "a JSON array of {kind, name, status, notAfter, certificates}")
    .action(async ({ json, ...place }: ListOptions) => {
      await withAuthority(place, async (authority) => {
        terminal.note(`The root's fingerprint is ${authority.fingerprint}.\n`);
        await printListing(terminal, {
          items: [...authority.subjects()],
          json: json === true,
          head: ["KIND", "NAME", "STATUS", "UNTIL"],
          row: ({ kind, name, status, notAfter }) => [
            kind,
            name,
            status,
            notAfter === null ? "-" : instantText(notAfter),
          ],
          whenEmpty: "Nobody has a certificate yet. Let a gateway in with `carepost ca token GATEWAY`.",
        });
      });
    });
  return endHelp(list, terminal, { examples: [["carepost ca list --json", "for a program"]] });
}

const dayMs = 86_400_000;

const instantText = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** In the words in which it is given, in place of milliseconds. */
function setDefaultText(command: Command, flag: string, text: string): void {
  const option = command.options.find(({ long }) => long === flag);
  if (option !== undefined) option.defaultValueDescription = text;
}
