import { join } from "node:path";
import { cutThePower, type PowerCutReport } from "./power-cut.ts";
import { readControl, readSink, readStore } from "./readers.ts";
import { killAtEachSync, type SyncKillReport } from "./sync-kills.ts";

/** Everything that the project does to a database by taking the power away, and what came of it. */
export interface PowerCutsReport {
  /** What must lose nothing, by name. */
  readonly product: Readonly<Record<ProductCut, PowerCutReport>>;
  /** synchronous=NORMAL: what must lose something, or nothing here means anything. */
  readonly control: PowerCutReport;
}

export type ProductCut = "store" | "encryptedStore" | "encryptedSink";

export interface PowerCutsOptions {
  /** Of each. */
  readonly cuts: number;
  readonly seed: number;
  readonly rows: number;
}

export const straceIsMissing =
  "the power cannot be cut without strace, whose log of system calls says what a disk may hold: install it (Debian: apt-get install strace)";

const writerOf = (name: string): string => join(import.meta.dirname, name);
const key = Uint8Array.from({ length: 32 }, (_, index) => 7 * index + 1);

export async function cutEverything({ cuts, seed, rows }: PowerCutsOptions): Promise<PowerCutsReport> {
  const common = { cuts, seed, rows };
  const store = writerOf("store-writer.ts");
  return {
    product: {
      store: await cutThePower({ ...common, writer: store, key: null, read: readStore(null) }),
      encryptedStore: await cutThePower({ ...common, writer: store, key, read: readStore(key) }),
      encryptedSink: await cutThePower({ ...common, writer: writerOf("sink-writer.ts"), key, read: readSink(key) }),
    },
    control: await cutThePower({ ...common, writer: writerOf("control-writer.ts"), key: null, read: readControl }),
  };
}

export interface SyncKillsReport {
  /** The gateway's store, which must lose nothing. */
  readonly store: SyncKillReport;
  /** A writer that acknowledges before it commits, which must lose something. */
  readonly control: SyncKillReport;
}

/** Kills the gateway's store at each of its syncs and at every fifth of its writes, and the control at each write. */
export async function killAtSystemCalls(rows: number): Promise<SyncKillsReport> {
  const hasty = { writer: writerOf("hasty-writer.ts"), rows: 3, key: null, read: readControl, everyWrite: 1 };
  return {
    store: await killAtEachSync({
      writer: writerOf("store-writer.ts"),
      rows,
      key,
      read: readStore(key),
      everyWrite: 5,
    }),
    control: await killAtEachSync(hasty),
  };
}

/** What is wrong with the report; empty if nothing is. */
export function syncKillFlaws({ store, control }: SyncKillsReport): readonly string[] {
  const flaws: string[] = [];
  if (store.killsWithLoss > 0)
    flaws.push(`${store.killsWithLoss} kills at a sync or a write lost what was acknowledged`);
  if (store.unreadable > 0) flaws.push(`${store.unreadable} kills at a sync or a write left an unreadable store`);
  if (store.syncs === 0) flaws.push("no sync was found to kill at, so nothing was proved");
  if (control.killsWithLoss === 0) {
    flaws.push("the control that acknowledges before it commits lost nothing: the harness finds nothing");
  }
  return flaws;
}

/** What is wrong with the reports; empty if nothing is. */
export function powerCutFlaws({ product, control }: PowerCutsReport): readonly string[] {
  const flaws = Object.entries(product).flatMap(([name, report]) => flawsOfProduct(name, report));
  if (control.cutsWithLoss > 0) return flaws;
  return [...flaws, "the control with synchronous=NORMAL lost nothing: the harness finds nothing"];
}

function flawsOfProduct(name: string, { cutsWithLoss, unreadable, acknowledged }: PowerCutReport): readonly string[] {
  const flaws: string[] = [];
  if (cutsWithLoss > 0) flaws.push(`${name}: ${cutsWithLoss} power cuts lost what was acknowledged`);
  if (unreadable > 0) flaws.push(`${name}: ${unreadable} power cuts left a database that could not be read`);
  if (acknowledged === 0) flaws.push(`${name}: nothing was acknowledged, so nothing was proved`);
  return flaws;
}
