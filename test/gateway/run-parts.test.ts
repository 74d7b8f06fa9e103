import { expect, test } from "vitest";
import { type Part, runParts } from "../../gateway/run-parts.ts";
import { codeOf } from "../contracts/gatt-stage.ts";

/** A part that runs until it is stopped, and writes down that it was. */
function patient(name: string, story: string[], afterwards: () => void = () => undefined): Part {
  return {
    name,
    run: async (signal) => {
      story.push(`${name} started`);
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      story.push(`${name} stopped`);
      afterwards();
    },
  };
}

const failing = (name: string, error: Error): Part => ({ name, run: () => Promise.reject(error) });

test("all parts start at once, and stop one after the other, the last first", async () => {
  const story: string[] = [];
  const stopping = new AbortController();
  const running = runParts(
    [patient("store", story), patient("uplink", story), patient("radio", story)],
    stopping.signal,
  );
  stopping.abort();
  await running;
  expect(story).toEqual([
    "store started",
    "uplink started",
    "radio started",
    "radio stopped",
    "uplink stopped",
    "store stopped",
  ]);
});

test("a part that fails stops the others, and its failure is what is told", async () => {
  const story: string[] = [];
  const failure = new Error("the disk is gone");
  const parts = [patient("uplink", story), failing("store", failure)];
  await expect(runParts(parts, new AbortController().signal)).rejects.toBe(failure);
  expect(story).toEqual(["uplink started", "uplink stopped"]);
});

test("a part that ends though nobody stopped it is a failure", async () => {
  const parts: Part[] = [{ name: "uplink", run: () => Promise.resolve() }];
  expect(await codeOf(runParts(parts, new AbortController().signal))).toBe("part-ended");
});

test("if several parts fail, every one is stopped and all failures are told", async () => {
  const story: string[] = [];
  const [one, other] = [new Error("one"), new Error("other")];
  const fails = (): never => {
    throw other;
  };
  const running = runParts(
    [patient("a", story), patient("b", story, fails), failing("c", one)],
    new AbortController().signal,
  );
  const sum: unknown = await running.catch((error: unknown) => error);
  expect(sum).toMatchObject({ code: "gateway-failed", cause: { errors: [one, other] } });
  expect(story).toContain("a stopped");
});

test("a signal that was aborted before stops what has only just started", async () => {
  const story: string[] = [];
  await runParts([patient("a", story)], AbortSignal.abort());
  expect(story).toEqual(["a started", "a stopped"]);
});
