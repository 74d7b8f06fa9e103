/**
 * Reads what `strace -f -xx` saw a process do to its files. A call that another thread interrupted is printed in two
 * parts, which are joined at the moment at which it returned: what did not return had no effect that may be relied on.
 */
export type FileOperation =
  | { readonly type: "open"; readonly path: string }
  | { readonly type: "write"; readonly path: string; readonly offset: number; readonly bytes: Buffer }
  | { readonly type: "truncate"; readonly path: string; readonly length: number }
  | { readonly type: "sync"; readonly path: string }
  | { readonly type: "remove"; readonly path: string }
  /** A line that the process wrote to its standard output. */
  | { readonly type: "said"; readonly text: string };

export const tracedCalls = "openat,close,pwrite64,write,fsync,fdatasync,ftruncate,unlink";

export function parseSystemCalls(log: string): readonly FileOperation[] {
  const paths = new Map<number, string>([[1, "standard output"]]);
  const partial = new Map<string, string>();
  const operations: FileOperation[] = [];
  for (const line of log.split("\n")) {
    const call = joinParts(line, partial);
    const operation = call === null ? null : interpret(call, paths);
    if (operation !== null) operations.push(operation);
  }
  return operations;
}

/** Returns a whole call, or null while its second part is still to come. */
function joinParts(line: string, partial: Map<string, string>): string | null {
  const [, thread, rest] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
  if (thread === undefined || rest === undefined) return null;
  const unfinished = rest.indexOf(" <unfinished ...>");
  if (unfinished >= 0) {
    partial.set(thread, rest.slice(0, unfinished));
    return null;
  }
  const [, end] = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest) ?? [];
  if (end === undefined) return rest;
  const start = partial.get(thread);
  partial.delete(thread);
  return start === undefined ? null : start + end;
}

function interpret(call: string, paths: Map<number, string>): FileOperation | null {
  const name = call.slice(0, call.indexOf("("));
  const result = Number(/=\s+(-?\d+)[^=]*$/.exec(call)?.[1] ?? -1);
  if (result < 0) return null;
  if (name === "openat") {
    const path = unescape(/"((?:\\x[0-9a-f]{2})*)"/.exec(call)?.[1] ?? "").toString();
    paths.set(result, path);
    return { type: "open", path };
  }
  if (name === "unlink") return { type: "remove", path: unescape(/"([^"]*)"/.exec(call)?.[1] ?? "").toString() };
  const descriptor = Number(/\((\d+)/.exec(call)?.[1] ?? -1);
  const path = paths.get(descriptor);
  if (path === undefined) return null;
  return interpretOn(path, { name, call, result, close: () => paths.delete(descriptor) });
}

interface CallOnFile {
  readonly name: string;
  readonly call: string;
  readonly result: number;
  readonly close: () => void;
}

function interpretOn(path: string, { name, call, result, close }: CallOnFile): FileOperation | null {
  switch (name) {
    case "close":
      close();
      return null;
    case "pwrite64": {
      const [, data, offset] = /"((?:\\x[0-9a-f]{2})*)", \d+, (\d+)\)/.exec(call) ?? [];
      if (data === undefined || offset === undefined) throw new Error(`strace cut a write short: ${call.slice(0, 80)}`);
      return { type: "write", path, offset: Number(offset), bytes: unescape(data).subarray(0, result) };
    }
    case "write": {
      const data = /"((?:\\x[0-9a-f]{2})*)"/.exec(call)?.[1];
      return path === "standard output" && data !== undefined
        ? { type: "said", text: unescape(data).toString() }
        : null;
    }
    case "fsync":
    case "fdatasync":
      return { type: "sync", path };
    case "ftruncate":
      return { type: "truncate", path, length: Number(/, (\d+)\)/.exec(call)?.[1] ?? 0) };
    default:
      return null;
  }
}

const unescape = (text: string): Buffer => Buffer.from(text.replaceAll("\\x", ""), "hex");
