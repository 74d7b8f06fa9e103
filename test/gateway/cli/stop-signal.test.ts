import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";

const file = join(import.meta.dirname, "../../../gateway/cli/stop-signal.ts");

/** A program that says when it listens and when it was asked to end, and does not. */
const deaf = `import { stopSignal, aborted } from ${JSON.stringify(file)};
  const signal = stopSignal();
  setInterval(() => undefined, 1_000);
  console.log("listens");
  await aborted(signal);
  console.log("asked");`;

async function startDeaf(before = ""): Promise<ChildProcessByStdio<null, Readable, Readable>> {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", before + deaf], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

test("a program that does not end when it is asked to is ended by being asked again, as by that signal", async () => {
  const child = await startDeaf();
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await once(child.stdout, "data");
  // What comes at once is an echo of the first, so it is asked until it ends.
  const again = setInterval(() => child.kill("SIGTERM"), 100);
  expect(await ended).toEqual([null, "SIGTERM"]);
  clearInterval(again);
});

test("a program that hangs when it was asked to end is ended in a bounded time, and says what it still had", async () => {
  // Its long times pass at once.
  const impatient = `const real = setTimeout;
    globalThis.setTimeout = (act, ms) => real(act, ms > 5_000 ? 1 : ms);`;
  const child = await startDeaf(impatient);
  const said = text(child.stderr);
  const ended = once(child, "exit");
  child.kill("SIGINT");
  expect(await ended).toEqual([null, "SIGINT"]);
  expect(await said).toBe("carepost did not end within 25 s of being asked to; it still has: PipeWrap, Timeout\n");
});
