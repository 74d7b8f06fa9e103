import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { BluezRunError } from "./bluez-run-error.ts";
import { ensurePackages, guestPackages } from "./debian-packages.ts";
import { findKernel } from "./kernel/find-kernel.ts";
import { runGuests } from "./run-guests.ts";

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
    return (await run(flags)) ? 0 : 1;
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

async function run(flags: Flags): Promise<boolean> {
  const tell = (progress: string): void => void process.stderr.write(`# ${progress}\n`);
  ensurePackages(guestPackages, tell);
  const kernel = await findKernel(tell);
  const outFolder = flags.out === undefined ? mkdtempSync(join(tmpdir(), "carepost-bluez-")) : resolve(flags.out);
  if (/\s/.test(`${outFolder}${import.meta.dirname}`)) {
    throw new BluezRunError("the guest cannot be given a folder whose path has a space in it");
  }
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopping.abort());
  const passed = await runGuests(
    {
      kernel,
      outFolder,
      limitMs: flags.minutes * 60_000,
      cycles: flags.full ? 1_000 : 100,
      only: flags.only ?? null,
      file: flags.file ?? null,
      tell,
    },
    stopping.signal,
  );
  if (passed && flags.out === undefined) rmSync(outFolder, { recursive: true });
  else tell(`console, report and traces: ${outFolder}`);
  return passed;
}
