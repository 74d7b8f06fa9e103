import type { Command } from "commander";
import { withdrawConsents } from "../../care/withdraw-consents.ts";
import type { ConsentRecord, Store } from "../../store/store.ts";
import { gatewayIdArgument, personArgument, wholeNumber } from "../arguments.ts";
import { cliErrors } from "../cli-error.ts";
import { endHelp, newCommand } from "../command.ts";
import { configuredGateway } from "../configured-gateway.ts";
import { printListing } from "../listing.ts";
import { noteExport } from "../note-export.ts";
import type { Terminal } from "../terminal.ts";
import { withGateway } from "../with-gateway.ts";
import { addStoreOptions, type StoreOptions, withStore, withStoreReader } from "../with-store.ts";

interface ListOptions extends StoreOptions {
  readonly person?: string;
  readonly limit: number;
  readonly json?: true;
}

interface WithdrawOptions extends StoreOptions {
  readonly gateway?: string;
  readonly json?: true;
}

/** `carepost consents`: what people agreed to, and its end. */
export function command(terminal: Terminal): Command {
  const consents = newCommand("consents", terminal)
    .usage("<command> [options]")
    .description("What people agreed to: to which text, in which language, from when to when.")
    .addCommand(listCommand(terminal))
    .addCommand(exportCommand(terminal))
    .addCommand(withdrawCommand(terminal));
  return endHelp(consents, terminal, {
    examples: [
      ["carepost consents list --person p-7f3a", "what one person agreed to"],
      ["carepost consents export > consents.ndjson", "all of them, for a program"],
      ["carepost consents withdraw p-7f3a", "end all that this person agreed to"],
    ],
  });
}

function listCommand(terminal: Terminal): Command {
  const list = newCommand("list", terminal)
    .summary("the latest consents")
    .description("Lists consents, the latest first.")
    .option("--person <reference>", "only this person's", personArgument)
    .option("--limit <number>", "at most this many", wholeNumber(1, 10_000), 50)
    .option("--json", "a JSON array of consents, whole");
  addStoreOptions(list).action(async ({ person, limit, json, ...options }: ListOptions) => {
    const query = { limit, ...(person === undefined ? {} : { person }) };
    await printListing(terminal, {
      items: await withStoreReader(options, (store) => store.consents(query)),
      json: json === true,
      head: ["PERSON", "GIVEN", "WITHDRAWN", "TEXT", "TREND", "ID"],
      row: ({ id, person: whose, givenAt, withdrawnAt, version, language, trend }) => [
        whose,
        dayOf(givenAt),
        withdrawnAt === null ? "-" : dayOf(withdrawnAt),
        `${version} ${language}`,
        trend ? "yes" : "no",
        id,
      ],
      whenEmpty: `${person ?? "Nobody"} has ${person === undefined ? "" : "not "}agreed to anything here yet.`,
    });
  });
  return endHelp(list, terminal, { examples: [["carepost consents list --json", "the latest fifty, for a program"]] });
}

function exportCommand(terminal: Terminal): Command {
  const exported = newCommand("export", terminal)
    .summary("consents as JSON lines")
    .description(
      "Writes consents to standard output, one JSON object a line, the latest first: {id, person, version, sha256, language, trend, givenAt, withdrawnAt}. The audit log says so first.",
    )
    .option("--person <reference>", "only this person's", personArgument);
  addStoreOptions(exported).action(async ({ person, ...options }: Pick<ListOptions, "person"> & StoreOptions) => {
    await noteExport(options, { action: "consents-exported", subject: { person: person ?? null } });
    let written = 0;
    await withStoreReader(options, async (store) => {
      for await (const page of consentPages(store, person)) {
        await terminal.out(page.map((consent) => `${JSON.stringify(consent)}\n`).join(""));
        written += page.length;
      }
    });
    terminal.note(`${written} ${written === 1 ? "consent" : "consents"} exported\n`);
  });
  return endHelp(exported, terminal, {
    examples: [["carepost consents export --person p-7f3a", "what one person agreed to"]],
  });
}

const pageConsents = 500;

async function* consentPages(store: Store, person: string | undefined): AsyncGenerator<readonly ConsentRecord[]> {
  const whose = person === undefined ? {} : { person };
  let last: ConsentRecord | undefined;
  for (;;) {
    const before = last === undefined ? {} : { before: last };
    const page = await store.consents({ ...whose, ...before, limit: pageConsents });
    if (page.length > 0) yield page;
    if (page.length < pageConsents) return;
    last = page.at(-1);
  }
}

function withdrawCommand(terminal: Terminal): Command {
  const withdraw = newCommand("withdraw", terminal)
    .summary("end all that a person agreed to")
    .description(
      "Ends all that a person agreed to: their consents, sessions and devices end, what was not delivered of theirs is removed and never stored again, and the cloud is told. What was delivered stays where it is. A gateway that runs is asked to do it. It cannot be undone: only the person can agree anew.",
    )
    .argument("<person>", "a reference that `carepost people list` shows", personArgument)
    .option("--gateway <id>", "the gateway's id (default: that of the configuration)", gatewayIdArgument)
    .option("--json", "a JSON object {consents: [id], removed}, the number of readings");
  addStoreOptions(withdraw).action(async (person: string, { gateway: named, json, ...options }: WithdrawOptions) => {
    const people = await withStoreReader(options, (store) => store.people());
    if (!people.some(({ reference }) => reference === person)) {
      throw cliErrors.make("unknown-person", "nobody of that reference is known");
    }
    const own = async (): Promise<Withdrawn> => {
      const gateway = named ?? configuredGateway(options.config);
      if (gateway === null) return withdraw.error("it needs the gateway's id: --gateway, or --config");
      const withdrawal = { person, at: Date.now(), actor: "command-line", gateway };
      const { withdrawn, removed } = await withStore(options, (store) => withdrawConsents(store, withdrawal));
      return { consents: withdrawn, removed };
    };
    const { consents, removed } = await withGateway(options, { gateway: (client) => client.withdraw(person), own });
    if (json === true) return await terminal.out(`${JSON.stringify({ consents, removed })}\n`);
    terminal.note(withdrawnText(person, { consents, removed }));
  });
  return endHelp(withdraw, terminal, {
    examples: [["carepost consents withdraw p-7f3a", "when this person asks for it"]],
  });
}

interface Withdrawn {
  readonly consents: readonly string[];
  readonly removed: number;
}

function withdrawnText(person: string, { consents, removed }: Withdrawn): string {
  const ended = consents.length === 1 ? "1 consent has ended" : `${consents.length} consents have ended`;
  const said = consents.length === 0 ? `No consent of ${person}'s stood here any more` : ended;
  const gone = removed === 1 ? "1 reading was" : `${removed === 0 ? "no" : removed} readings were`;
  return `${said}, and ${gone} removed before delivery. Nothing of ${person}'s is collected here.\n`;
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
