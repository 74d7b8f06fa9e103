import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { BluezRunError } from "./bluez-run-error.ts";
import { ensurePackages, guestPackages } from "./debian-packages.ts";
import { bootGuest } from "./guest/boot-guest.ts";
import { GuestReport } from "./guest-report.ts";
import { findKernel } from "./kernel/find-kernel.ts";

/** `npm run test:bluez`: the gateway against a real kernel's Bluetooth and a real bluetoothd. */
const usage = `Usage: npm run test:bluez -- [--only <text>] [--file <text>] [--full] [--out <folder>] [--minutes 20]

Boots a kernel with Bluetooth as an ordinary process, with virtual controllers and devices, and runs the suites of
test/bluez/suites in it against the machine's own bluetoothd. It needs no privileges, no radio and no network.

  --only     the tests whose name holds this text
  --file     the suites whose file name holds this text
  --full     a thousand cycles instead of a hundred
  --out      keeps the console, the report, bluetoothd's output and btmon's trace there; otherwise only after a failure
  --minutes  the limit
`;

const options = {
  only: { type: "string" },
  file: { type: "string" },
  full: { type: "boolean", default: false },
  out: { type: "string" },
  minutes: { type: "string", default: "20" },
  help: { type: "boolean", default: false },
} as const;

interface Flags {
  readonly only: string | undefined;
  readonly file: string | undefined;
  readonly full: boolean;
  readonly out: string | undefined;
  readonly minutes: number;
  readonly help: boolean;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const flags = readFlags();
  if (flags === null || flags.help) {
    (flags === null ? process.stderr : process.stdout).write(usage);
    return flags === null ? 2 : 0;
  }
  try {
    return (await runGuest(flags)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof BluezRunError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** Null if it cannot be understood. */
function readFlags(): Flags | null {
  try {
    const { values } = parseArgs({ options });
    const minutes = Number(values.minutes);
    if (!(minutes > 0)) return null;
    return { ...values, only: values.only, file: values.file, out: values.out, minutes };
  } catch {
    return null;
  }
}

async function runGuest(flags: Flags): Promise<boolean> {
  const tell = (progress: string): void => void process.stderr.write(`# ${progress}\n`);
  ensurePackages(guestPackages, tell);
  const kernel = await findKernel(tell);
  const outFolder = flags.out === undefined ? mkdtempSync(join(tmpdir(), "carepost-bluez-")) : emptied(flags.out);
  if (/\s/.test(`${outFolder}${import.meta.dirname}`)) {
    throw new BluezRunError("the guest cannot be given a folder whose path has a space in it");
  }
  const report = new GuestReport(outFolder);
  const console: string[] = [];
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopping.abort());
  const startedMs = performance.now();
  const end = await bootGuest(
    {
      kernel,
      outFolder,
      limitMs: flags.minutes * 60_000,
      memoryMiB: 1_536,
      vitest: [
        ...(flags.only === undefined ? [] : ["-t", flags.only]),
        ...(flags.file === undefined ? [] : [flags.file]),
      ],
      environment: { CAREPOST_CYCLES: flags.full ? "1000" : "100" },
    },
    (raw) => {
      console.push(raw);
      const line = report.hear(raw);
      if (line !== null) process.stdout.write(`${line}\n`);
    },
    stopping.signal,
  );
  const { passed, summary } = report.judge(end);
  tell(`${summary}, after ${Math.round((performance.now() - startedMs) / 1_000)} s`);
  if (passed && flags.out === undefined) {
    rmSync(outFolder, { recursive: true });
    return true;
  }
  writeFileSync(join(outFolder, "console.log"), console.join("\n"));
  tell(`console, report and traces: ${outFolder}`);
  return passed;
}

/** What an earlier run left there is not to be taken for this one's. */
function emptied(path: string): string {
  const folder = resolve(path);
  mkdirSync(folder, { recursive: true });
  for (const name of ["verdict", "report.json", "trace.btsnoop", "console.log"])
    rmSync(join(folder, name), { force: true });
  return folder;
}
