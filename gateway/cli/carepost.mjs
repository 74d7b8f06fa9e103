#!/usr/bin/env node
// The way in, for whatever Node the machine has: plain JavaScript that Node 18 can read. It runs the program here if
// this Node can, and otherwise hands everything over to the Node that the project brought along.
import { spawn } from "node:child_process";
import { realpathSync, statSync } from "node:fs";
import module from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const nodeMajorMin = 24;
const launcher = realpathSync(fileURLToPath(import.meta.url));
const root = join(dirname(launcher), "..", "..");
const ownNode = join(root, "node_modules", "node", "bin", "node");

if (isAbsent(join(root, "node_modules", "commander"))) {
  stop(`the packages that it is built on are not installed.\n  → Run \`npm install\` in ${root}, then try again.`);
} else if (Number(process.versions.node.split(".")[0]) >= nodeMajorMin) {
  // What was compiled once is not compiled again, here and in the processes that we start: a start costs half.
  process.env.NODE_COMPILE_CACHE ??= join(root, "node_modules", ".cache", "compiled");
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  // Node writes it when a process ends by itself, which a gateway may never do: it runs until the power goes.
  setTimeout(() => module.flushCompileCache(), 5_000).unref();
  await import("./main.ts");
} else if (isAbsent(ownNode) || process.execPath === realpathSync(ownNode)) {
  stop(
    `it needs Node ${nodeMajorMin} or later, and this is Node ${process.versions.node}.\n` +
      `  → Run \`npm install\` in ${root}, which brings the right Node along, or install Node ${nodeMajorMin}.`,
  );
} else {
  handOver();
}

/** @param {string} path */
function isAbsent(path) {
  return statSync(path, { throwIfNoEntry: false }) === undefined;
}

/** @param {string} reason What is wrong and what to do. */
function stop(reason) {
  process.stderr.write(`carepost cannot start: ${reason}\n`);
  process.exitCode = 1;
}

/** Ends as the program ends: with its exit code, or by the signal that ended it. */
function handOver() {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
  // Listened to before there is anything to end: a signal that came in between would leave the program behind.
  const pass = new Map(signals.map((signal) => [signal, () => child.kill(signal)]));
  for (const [signal, listener] of pass) process.on(signal, listener);
  const child = spawn(ownNode, [launcher, ...process.argv.slice(2)], { stdio: "inherit" });
  child.once("error", (error) => stop(`its Node at ${ownNode} does not run (${error.message}).`));
  child.once("exit", (code, signal) => {
    for (const [name, listener] of pass) process.removeListener(name, listener);
    if (signal === null) process.exitCode = code ?? 1;
    else process.kill(process.pid, signal);
  });
}
