import { existsSync } from "node:fs";
import { type Command, InvalidArgumentError } from "commander";
import { receivedEvent } from "../../../cloud-sync/contract/control.ts";
import type { SinkReader } from "../../../cloud-sync/ingest/sink.ts";
import { headToldSetting } from "../../audit-heads.ts";
import { type AuditBreak, type AuditVerdict, verifyAudit } from "../../care/verify-audit.ts";
import { readDatabaseKey } from "../../config/database-key.ts";
import type { AuditHead, Store } from "../../store/store.ts";
import { systemClock } from "../../system-clock.ts";
import { gatewayIdArgument } from "../arguments.ts";
import { cliErrors } from "../cli-error.ts";
import { endHelp, newCommand } from "../command.ts";
import { configuredGateway } from "../configured-gateway.ts";
import type { Terminal } from "../terminal.ts";
import { addStoreOptions, type StoreOptions, withStoreReader } from "../with-store.ts";

interface VerifyOptions extends StoreOptions {
  readonly head: readonly AuditHead[];
  readonly headsFromSink?: string;
  readonly sinkKeyFile?: string;
  readonly gateway?: string;
  readonly json?: true;
}

/** `carepost audit verify`: the whole chain, and the heads that others were told. */
export function verifyCommand(terminal: Terminal): Command {
  const verify = newCommand("verify", terminal)
    .summary("prove that the log is whole")
    .description(
      "Walks along the whole log and proves that no entry was changed, left out, put in or moved. That nothing was cut off at the end shows only against a head that was told to somebody else: the one that this gateway told last is always compared; those that the cloud has are stronger.",
    )
    .option("--head <seq:hash>", "a head that was delivered; may be given again", headArgument, [])
    .option("--heads-from-sink <file>", "all heads that this SQLite sink has of this gateway")
    .option("--sink-key-file <file>", "that database's key")
    .option("--gateway <id>", "whose heads (default: those of the configuration's gateway)", gatewayIdArgument)
    .option("--json", "a JSON object {isWhole, entries, head, compared} or {isWhole, seq, reason}");
  addStoreOptions(verify).action(async (options: VerifyOptions) => {
    const gateway = options.gateway ?? configuredGateway(options.config);
    if (options.headsFromSink !== undefined && gateway === null) {
      verify.error("--heads-from-sink needs the gateway's id: --gateway, or --config");
    }
    const delivered = gateway === null ? [] : await headsFromSink(options, gateway);
    const { verdict, heads } = await withStoreReader(options, async (store) => {
      const known = [...options.head, ...delivered, ...(await toldHeads(store))];
      return { heads: known, verdict: await verifyAudit(store, known) };
    });
    if (options.json === true) {
      const compared = verdict.isWhole ? { compared: heads.length } : {};
      await terminal.out(`${JSON.stringify({ ...verdict, ...compared })}\n`);
      if (!verdict.isWhole) process.exitCode = 1;
    } else tell(terminal, verdict, heads.length);
  });
  return endHelp(verify, terminal, {
    examples: [
      ["carepost audit verify", "against the head that this gateway told last"],
      ["carepost audit verify --heads-from-sink sink.db", "against all that the cloud was told"],
    ],
    exitCodes: { 1: "the log is not as it was written, or could not be read" },
  });
}

function tell(terminal: Terminal, verdict: AuditVerdict, compared: number): void {
  if (!verdict.isWhole) {
    throw auditBroken(verdict);
  }
  const { entries, head } = verdict;
  const { paintNote: paint } = terminal;
  if (head === null) return terminal.note("The audit log has no entries yet.\n");
  terminal.note(`${paint("green", "✓")} The audit log is whole: ${entries} ${entries === 1 ? "entry" : "entries"}.\n`);
  const told = `compared with ${compared} ${compared === 1 ? "head that was" : "heads that were"} told`;
  const untold = "no head was told yet, so nothing can show whether its end was cut off";
  terminal.note(`  ${compared === 0 ? untold : told}\n`);
  terminal.note(`  head ${head.seq}:${head.hash}\n`);
}

/** The failure that names the first entry that is not as it was written. */
export const auditBroken = ({ seq, reason }: { readonly seq: number; readonly reason: AuditBreak }): Error =>
  cliErrors.make("audit-broken", `entry ${seq}: ${breakTexts[reason]}`, { context: { seq, reason } });

const breakTexts: Readonly<Record<AuditBreak, string>> = {
  hash: "it, or the one before it, is not what was written",
  gap: "it is missing, or stands in another place",
  unreadable: "it can no longer be read",
  "cut-off": "the log ends before it, and a head that was told says that it went on",
  replaced: "a head that was told says that another entry stood here",
};

function headArgument(text: string, before: readonly AuditHead[]): readonly AuditHead[] {
  const head = headOf(text);
  if (head !== null) return [...before, head];
  throw new InvalidArgumentError(
    "It must be a number, a colon and 64 hex digits, as `carepost audit verify` shows it.",
  );
}

function headOf(text: string): AuditHead | null {
  const [, seq = "", hash = ""] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? [];
  return hash === "" ? null : { seq: Number(seq), hash };
}

/** What this gateway has told, or is about to: whoever can change the log might change these too. */
async function toldHeads(store: Store): Promise<readonly AuditHead[]> {
  const text = await store.setting(headToldSetting);
  const head = text === null ? null : headOf(text);
  return head === null ? [] : [head];
}

const pageEvents = 1_000;

async function headsFromSink(options: VerifyOptions, gateway: string): Promise<readonly AuditHead[]> {
  const path = options.headsFromSink;
  if (path === undefined) return [];
  if (!existsSync(path)) throw cliErrors.make("sink-absent", `there is no database ${path} to take heads from`);
  const { openSinkReader } = await import("../../../cloud-sync/ingest/sinks/sqlite-sink.ts");
  const key = readDatabaseKey(options.sinkKeyFile ?? null, "carepost-sink-key", process.env);
  const sink = openSinkReader({ path, key, clock: systemClock });
  try {
    return await deliveredHeads(sink, gateway);
  } finally {
    await sink.close();
  }
}

async function deliveredHeads(sink: Pick<SinkReader, "events">, gateway: string): Promise<readonly AuditHead[]> {
  const heads: AuditHead[] = [];
  for (let afterPosition = 0; ;) {
    const page = await sink.events({ afterPosition, limit: pageEvents });
    for (const { type, gateway: from, body } of page) {
      if (type === "audit-head" && from === gateway) heads.push(...headIn(body));
    }
    const last = page.at(-1);
    if (last === undefined) return heads;
    afterPosition = last.position;
  }
}

function headIn(body: string): readonly AuditHead[] {
  const event = receivedEvent.safeParse(JSON.parse(body)).data?.event;
  const head = event?.type === "audit-head" ? headOf(`${String(event["seq"])}:${String(event["hash"])}`) : null;
  return head === null ? [] : [head];
}
