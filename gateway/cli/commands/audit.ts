import type { Command } from "commander";
import { auditWalk } from "../../care/verify-audit.ts";
import { sqliteErrors } from "../../../cloud-sync/sqlite/sqlite-error.ts";
import type { AuditEntry, Store } from "../../store/store.ts";
import { wholeNumber } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import { noteExport } from "../note-export.ts";
import { type Cell, tableText } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { addStoreOptions, type StoreOptions, withStoreReader } from "../with-store.ts";
import { auditBroken, verifyCommand } from "./audit-verify.ts";

interface ListOptions extends StoreOptions {
  readonly limit: number;
  readonly after?: number;
  readonly json?: true;
}

/** `carepost audit`: who did what, and the proof that nothing of it was changed. */
export function command(terminal: Terminal): Command {
  const audit = newCommand("audit", terminal)
    .usage("<command> [options]")
    .description("Who did what at this gateway, in references, never in values: a log that is only ever written on.")
    .addCommand(listCommand(terminal))
    .addCommand(verifyCommand(terminal))
    .addCommand(exportCommand(terminal));
  return endHelp(audit, terminal, {
    examples: [
      ["carepost audit list", "the latest fifty entries"],
      ["carepost audit verify", "prove that no entry was changed, left out or put in"],
      ["carepost audit export > audit.ndjson", "all of it, for an auditor"],
    ],
  });
}

function listCommand(terminal: Terminal): Command {
  const list = newCommand("list", terminal)
    .summary("the latest entries")
    .description("Lists entries in the order in which they were written; the latest, if no other place is named.")
    .option("--limit <number>", "at most this many", wholeNumber(1, 10_000), 50)
    .option("--after <number>", "from the entry after this one", wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option("--json", "a JSON array of {seq, at, actor, action, subject, text, hash}");
  addStoreOptions(list).action(async ({ limit, after, json, ...options }: ListOptions) => {
    const { entries, failure } = await withStoreReader(options, async (store) => {
      const head = await store.auditHead();
      return await readable(store, { afterSeq: after ?? Math.max(0, (head?.seq ?? 0) - limit), limit });
    });
    // For a program the failure is the whole answer.
    if (failure === null || json !== true) await printEntries(terminal, entries, json === true);
    if (failure !== null) throw failure;
  });
  return endHelp(list, terminal, {
    examples: [
      ["carepost audit list --limit 200", "the latest two hundred"],
      ["carepost audit list --after 0 --json", "the first fifty, for a program"],
    ],
  });
}

interface Readable {
  readonly entries: readonly AuditEntry[];
  /** Why there are no more. */
  readonly failure: Error | null;
}

/** What can be read of a page, up to the first entry that is none any more. */
async function readable(
  store: Pick<Store, "auditEntries">,
  { afterSeq, limit }: { readonly afterSeq: number; readonly limit: number },
): Promise<Readable> {
  const entries: AuditEntry[] = [];
  try {
    for await (const entry of auditWalk(store, afterSeq)) {
      entries.push(entry);
      if (entries.length === limit) break;
    }
    return { entries, failure: null };
  } catch (error) {
    return { entries, failure: toldOfEntry(error) };
  }
}

/** An entry that cannot be read is not mended by a new start, as a damaged file is: it is to be looked into. */
function toldOfEntry(error: unknown): Error {
  if (!sqliteErrors.is(error, "store-damaged") || typeof error.context["seq"] !== "number") {
    return error instanceof Error ? error : new Error("the audit log cannot be read", { cause: error });
  }
  return auditBroken({ seq: error.context["seq"], reason: "unreadable" });
}

async function printEntries(terminal: Terminal, entries: readonly AuditEntry[], json: boolean): Promise<void> {
  if (json) return await terminal.out(`${JSON.stringify(entries)}\n`);
  if (entries.length === 0) return terminal.note("The audit log has no entries there.\n");
  const style = (text: string): string => terminal.paint("bold", text);
  const head = ["SEQ", "WHEN", "WHO", "WHAT", "ABOUT"].map((text) => ({ text, style }));
  const { columns } = terminal;
  const text = tableText([head, ...entries.map((entry) => cells(entry, columns === null))]);
  await terminal.out(columns === null ? text : fitted(text, columns));
}

const cells = ({ seq, at, actor, action, subject }: AuditEntry, isWhole: boolean): readonly Cell[] => [
  { text: String(seq), right: true },
  new Date(at).toISOString().slice(0, 16).replace("T", " "),
  actor,
  action,
  aboutText(subject, isWhole),
];

/** Where space is dear, random ids by their beginning. Whatever could steer a terminal is replaced. */
function aboutText(subject: AuditEntry["subject"], isWhole: boolean): string {
  const parts = Object.entries(subject).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${isWhole ? String(value) : String(value).replace(uuid, "$1…")}`],
  );
  return parts.join(" ").replaceAll(/[^\x20-\x7E…]/g, "?");
}

const uuid = /^([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Each entry on one line: what does not fit stands in the export. */
const fitted = (text: string, columns: number): string =>
  text
    .split("\n")
    .map((line) => (line.length > columns && !line.includes("\u001B") ? `${line.slice(0, columns - 1)}…` : line))
    .join("\n");

function exportCommand(terminal: Terminal): Command {
  const exported = newCommand("export", terminal)
    .summary("all entries as JSON lines")
    .description(
      "Writes the log to standard output, one JSON object a line: {seq, at, actor, action, subject, text, hash}. Each hash is SHA-256, in hex, over the hash of the line before (64 zeros before the first) followed by the octets of the text, so that anybody can verify it. The log says first that it was exported.",
    )
    .option("--after <number>", "from the entry after this one", wholeNumber(0, Number.MAX_SAFE_INTEGER), 0);
  addStoreOptions(exported).action(async ({ after, ...options }: StoreOptions & { readonly after: number }) => {
    await noteExport(options, { action: "audit-exported", subject: { after } });
    let written = 0;
    const writing = withStoreReader(options, async (store) => {
      for await (const entry of auditWalk(store, after)) {
        await terminal.out(`${JSON.stringify(entry)}\n`);
        written += 1;
      }
    });
    await writing.catch((error: unknown) => {
      throw toldOfEntry(error);
    });
    terminal.note(`${written} ${written === 1 ? "entry" : "entries"} exported\n`);
  });
  return endHelp(exported, terminal, {
    examples: [["carepost audit export --after 1200", "what came after the last export"]],
  });
}
