import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * What the processes of a group are doing, for whoever has to find out why a measurement hangs: each process with its
 * threads and what the kernel says that they wait for, and from every Node that still answers, what it runs and what
 * its event loop waits for. The Nodes must have been started with `--report-signal=SIGUSR2` and `folder` for reports.
 */
export async function describeGroup(group: number, folder: string): Promise<string> {
  const members = membersOf(group);
  const said = members.map(({ pid, command }) => `process ${pid}: ${command}\n${threadsOf(pid)}`);
  for (const { pid, isNode } of members) if (isNode) process.kill(pid, "SIGUSR2");
  await sleep(reportMs);
  const reports = readdirSync(folder).filter((name) => name.startsWith("report."));
  return [...said, ...reports.map((name) => reportText(join(folder, name)))].join("\n");
}

/** So long a Node may take to write its report: one that runs writes it at once. */
const reportMs = 3_000;

interface Member {
  readonly pid: number;
  readonly command: string;
  readonly isNode: boolean;
}

function membersOf(group: number): readonly Member[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.flatMap((pid) => {
    if (read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ")[2] !== String(group)) return [];
    const words = read(`/proc/${pid}/cmdline`).split("\0");
    return [{ pid, command: words.join(" ").trim(), isNode: /(?:^|\/)node$/.test(words[0] ?? "") }];
  });
}

/** proc(5): a thread's name, its state, and the function of the kernel in which it sleeps. */
function threadsOf(pid: number): string {
  const threads = list(`/proc/${pid}/task`).map((thread) => {
    const place = `/proc/${pid}/task/${thread}`;
    const state = read(`${place}/stat`).split(") ").at(-1)?.slice(0, 1) ?? "?";
    return `  thread ${thread} ${read(`${place}/comm`).trim()}: ${state} ${read(`${place}/wchan`)}`;
  });
  return threads.join("\n");
}

interface Report {
  readonly header: { readonly processId: number };
  readonly javascriptStack?: { readonly stack?: readonly string[] };
  readonly libuv?: readonly (Readonly<Record<string, unknown>> & { readonly is_active?: boolean })[];
}

function reportText(path: string): string {
  try {
    const { header, javascriptStack, libuv = [] }: Report = JSON.parse(readFileSync(path, "utf8"));
    const stack = (javascriptStack?.stack ?? []).map((line) => `  ${line}`);
    const handles = libuv.filter((handle) => handle.is_active === true).map((handle) => `  ${JSON.stringify(handle)}`);
    return [`process ${header.processId} says:`, ...stack, ...handles].join("\n");
  } catch {
    return `a report was not written to its end: ${path}`;
  }
}

/** A process may be gone by the time that it is looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
