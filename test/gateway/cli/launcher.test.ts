import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { carepost, launcher } from "./run-carepost.ts";

let folder = "";
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "carepost-launcher-")));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Makes this Node say that it is an old one. */
const asNode20 = [
  "--import",
  'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.9.0"}})',
];

/** A copy of the launcher in a project of its own, whose Node is a script, if it has one. */
function project(ownNode: string | null): string {
  const cli = join(folder, "gateway", "cli");
  mkdirSync(cli, { recursive: true });
  mkdirSync(join(folder, "node_modules", "commander"), { recursive: true });
  const copy = join(cli, "carepost.mjs");
  copyFileSync(launcher, copy);
  if (ownNode === null) return copy;
  const bin = join(folder, "node_modules", "node", "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "node"), `#!/bin/sh\n${ownNode}\n`);
  chmodSync(join(bin, "node"), 0o755);
  return copy;
}

test("it can be executed as it is", () => {
  expect(statSync(launcher).mode & 0o111).toBe(0o111);
});

test("it works from another folder and through a symbolic link", async () => {
  const link = join(folder, "carepost");
  symlinkSync(launcher, link);
  const { code, stdout } = await carepost(["--version"], { path: link, folder });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("an older Node hands everything over to the project's own: arguments, output and exit code", () => {
  const copy = project('echo "$1" "[$2]" "[$3]"; cat; echo told >&2; exit 7');
  const { status, stdout, stderr } = spawnSync(process.execPath, [...asNode20, copy, "two words", "--json"], {
    encoding: "utf8",
    input: "given\n",
  });
  expect({ status, stdout, stderr }).toEqual({
    status: 7,
    stdout: `${copy} [two words] [--json]\ngiven\n`,
    stderr: "told\n",
  });
});

test("a signal to the launcher is one to the program, and it ends as the program ends", async () => {
  const copy = project("trap 'echo asked; exit 5' TERM; echo ready; for i in $(seq 200); do sleep 0.05; done");
  const child = spawn(process.execPath, [...asNode20, copy], { stdio: ["ignore", "pipe", "inherit"] });
  let heard = "";
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    heard += text;
    if (text.includes("ready")) child.kill("SIGTERM");
  });
  expect(await ended).toBe(5);
  expect(heard).toBe("ready\nasked\n");
});

test("a program that a signal ended ends the launcher by the same signal", async () => {
  const copy = project("kill -KILL $$");
  const child = spawn(process.execPath, [...asNode20, copy], { stdio: "ignore" });
  const signal = await new Promise((resolve) => child.once("close", (_code, name) => resolve(name)));
  expect(signal).toBe("SIGKILL");
});

test("an older Node without another says what to do", () => {
  const { status, stderr } = spawnSync(process.execPath, [...asNode20, project(null)], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain("it needs Node 24 or later, and this is Node 20.9.0");
  expect(stderr).toContain(`Run \`npm install\` in ${folder}`);
});

test("a checkout that was never installed says what to do", () => {
  const copy = project(null);
  rmSync(join(folder, "node_modules"), { recursive: true });
  const { status, stderr } = spawnSync(process.execPath, [copy], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain(`Run \`npm install\` in ${folder}`);
});
