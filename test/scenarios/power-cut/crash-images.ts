import type { Random } from "../../../device-drivers/ports/clock.ts";
import type { FileOperation } from "./system-call-log.ts";

/**
 * Builds what a disk may hold after the power was cut: everything that was synced, and of the writes since a file's
 * last sync any subset, in any order, the last of them perhaps torn at a sector. Creating and removing files is taken
 * as done at once; a drive that lies about a flush is not modelled.
 */
export interface CrashImage {
  /** Contents by the file's path. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** What the process had said by then. */
  readonly said: readonly string[];
}

type Change = Extract<FileOperation, { readonly type: "write" | "truncate" }>;

interface TracedFile {
  durable: Buffer;
  pending: Change[];
}

const sectorBytes = 512;

/** The image of a cut just after the first `cutAfter` operations. */
export function crashImage(operations: readonly FileOperation[], cutAfter: number, random: Random): CrashImage {
  const files = new Map<string, TracedFile>();
  const said: string[] = [];
  for (const operation of operations.slice(0, cutAfter)) replay(operation, files, said);
  const contents = new Map<string, Buffer>();
  for (const [path, file] of files) contents.set(path, surviving(file, random));
  return { files: contents, said };
}

function replay(operation: FileOperation, files: Map<string, TracedFile>, said: string[]): void {
  if (operation.type === "said") {
    said.push(operation.text);
    return;
  }
  if (operation.type === "remove") {
    files.delete(operation.path);
    return;
  }
  const file = files.get(operation.path) ?? { durable: Buffer.alloc(0), pending: [] };
  files.set(operation.path, file);
  if (operation.type === "sync") {
    for (const change of file.pending) file.durable = apply(file.durable, change);
    file.pending = [];
  } else if (operation.type === "write" || operation.type === "truncate") {
    file.pending.push(operation);
  }
}

/** One of three fates for what was not synced: all of it reached the disk, none of it, or a random part. */
function surviving(file: TracedFile, random: Random): Buffer {
  const fate = random();
  if (fate < 0.2) return file.durable;
  if (fate < 0.4) return file.pending.reduce(apply, file.durable);
  let content = file.durable;
  for (const change of shuffled(
    file.pending.filter(() => random() < 0.5),
    random,
  )) {
    content = apply(content, random() < 0.1 ? torn(change, random) : change);
  }
  return content;
}

function apply(content: Buffer, change: Change): Buffer {
  if (change.type === "truncate") {
    if (content.length >= change.length) return Buffer.from(content.subarray(0, change.length));
    return Buffer.concat([content, Buffer.alloc(change.length - content.length)]);
  }
  const end = change.offset + change.bytes.length;
  const next = Buffer.alloc(Math.max(content.length, end));
  content.copy(next);
  change.bytes.copy(next, change.offset);
  return next;
}

function torn(change: Change, random: Random): Change {
  if (change.type !== "write" || change.bytes.length <= sectorBytes) return change;
  const sectors = Math.floor(random() * (change.bytes.length / sectorBytes));
  return { ...change, bytes: change.bytes.subarray(0, sectors * sectorBytes) };
}

function shuffled<Item>(items: readonly Item[], random: Random): readonly Item[] {
  return items
    .map((item) => ({ item, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
