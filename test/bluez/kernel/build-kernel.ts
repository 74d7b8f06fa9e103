import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { BluezRunError } from "../bluez-run-error.ts";
import { apt, ensurePackages, kernelPackages } from "../debian-packages.ts";

/** What goes into the kernel. Of Debian's two source packages 6.12 is the one: 6.1 crashes when an L2CAP channel ends. */
export const kernelRecipe = {
  source: "linux-source-6.12",
  configPath: join(import.meta.dirname, "linux-bt.config"),
  patches: [
    {
      // The header has room for the floating-point state of processors without AMX; with it, the state has 11 KB.
      file: "arch/x86/um/user-offsets.c",
      from: "DEFINE_LONGS(HOST_FP_SIZE, 2696);",
      to: "DEFINE_LONGS(HOST_FP_SIZE, 16384);",
    },
  ],
} as const;

/** The build tree has 1.7 GB, and is gone afterwards. */
export async function buildKernel(target: string, tell: (progress: string) => void): Promise<void> {
  ensurePackages(kernelPackages, tell);
  const startedMs = performance.now();
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(`${target}-build-`);
  try {
    const tree = await unpack(folder, tell);
    patch(tree);
    await configure(tree, join(folder, "configure.log"));
    tell(`builds the kernel, once: a few minutes on ${availableParallelism()} processors`);
    await make(tree, join(folder, "build.log"), [`-j${availableParallelism()}`, "linux"]);
    await run("strip", ["-o", join(folder, "linux-bt"), "linux"], { folder: tree, log: join(folder, "strip.log") });
    // It appears in the cache whole, or not at all.
    renameSync(join(folder, "linux-bt"), target);
    tell(`the kernel is ready after ${Math.round((performance.now() - startedMs) / 1_000)} s`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function unpack(folder: string, tell: (progress: string) => void): Promise<string> {
  const { source } = kernelRecipe;
  tell(`downloads Debian's ${source}`);
  const download = (): boolean => apt(["download", source], folder);
  if (!download()) {
    apt(["update"]);
    if (!download()) throw new BluezRunError(`apt-get cannot download ${source}: its package lists may need an update`);
  }
  const archive = readdirSync(folder).find((name) => name.endsWith(".deb"));
  if (archive === undefined) throw new BluezRunError(`apt-get downloaded no ${source}`);
  const place = { folder, log: join(folder, "unpack.log") };
  await run("dpkg-deb", ["-x", archive, "package"], place);
  await run("tar", ["-xJf", `package/usr/src/${source}.tar.xz`], place);
  return join(folder, source);
}

function patch(tree: string): void {
  for (const { file, from, to } of kernelRecipe.patches) {
    const path = join(tree, file);
    const text = readFileSync(path, "utf8");
    if (!text.includes(from)) throw new BluezRunError(`the kernel's ${file} is not as the patch expects it`);
    writeFileSync(path, text.replace(from, to));
  }
}

async function configure(tree: string, log: string): Promise<void> {
  await make(tree, log, [`KCONFIG_ALLCONFIG=${kernelRecipe.configPath}`, "allnoconfig"]);
  const made = new Set(readFileSync(join(tree, ".config"), "utf8").split("\n"));
  const wanted = readFileSync(kernelRecipe.configPath, "utf8")
    .split("\n")
    .filter((line) => /^CONFIG_|^# CONFIG_\w+ is not set$/.test(line));
  const overridden = wanted.filter((line) => !made.has(line));
  if (overridden.length > 0) throw new BluezRunError(`the kernel does not take: ${overridden.join(", ")}`);
}

async function make(tree: string, log: string, targets: readonly string[]): Promise<void> {
  await run("make", ["-s", "ARCH=um", ...targets], { folder: tree, log });
}

interface Place {
  readonly folder: string;
  readonly log: string;
}

async function run(command: string, parameters: readonly string[], { folder, log }: Place): Promise<void> {
  const output = createWriteStream(log, { flags: "a" });
  await once(output, "open");
  const child = spawn(command, parameters, { cwd: folder, stdio: ["ignore", output, output] });
  const [code]: unknown[] = await once(child, "exit");
  output.end();
  if (code === 0) return;
  const end = readFileSync(log, "utf8").split("\n").slice(-20).join("\n");
  throw new BluezRunError(`${command} failed:\n${end}`);
}
