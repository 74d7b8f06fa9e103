import { expect, test } from "vitest";
import { simulatedCustomer, type VisitMoment } from "../../../../gateway/cli/demo/demo-customer.ts";
import type { DemoCue } from "../../../../gateway/cli/demo/demo-site.ts";

interface Stage {
  readonly hear: (moment: VisitMoment) => void;
  readonly cues: readonly DemoCue[];
  /** Lets so much time pass. */
  readonly pass: (ms: number) => void;
}

function stage(): Stage {
  const cues: DemoCue[] = [];
  let nowMs = 0;
  let waiting: { readonly dueMs: number; readonly act: () => void }[] = [];
  const hear = simulatedCustomer({
    random: () => 0.5,
    cue: (cue) => void cues.push(cue),
    after: (delayMs, act) => {
      const one = { dueMs: nowMs + delayMs, act };
      waiting.push(one);
      return () => {
        waiting = waiting.filter((other) => other !== one);
      };
    },
  });
  const pass = (ms: number): void => {
    nowMs += ms;
    const due = waiting.filter(({ dueMs }) => dueMs <= nowMs);
    waiting = waiting.filter(({ dueMs }) => dueMs > nowMs);
    for (const { act } of due) act();
  };
  return { hear, cues, pass };
}

const cuff = "blood-pressure-monitor" as const;
const idle: VisitMoment = { step: null, kind: null, device: null };

test("somebody measures with the kiosk's cuff some seconds after the screen asks for it, and once", () => {
  const { hear, cues, pass } = stage();
  hear({ step: "measure", kind: cuff, device: "kiosk-cuff" });
  pass(7_000);
  expect(cues).toEqual([]);
  hear({ step: "measure", kind: cuff, device: "kiosk-cuff" });
  pass(4_000);
  expect(cues).toEqual([{ device: "kiosk-cuff", do: { type: "measure", person: "sim-0001", remark: "none" } }]);
  hear({ step: "result", kind: cuff, device: "kiosk-cuff" });
  pass(60_000);
  expect(cues.length).toBe(1);
});

test("a new device is switched on as soon as it is to be paired, and measures as the customer's own", () => {
  const { hear, cues, pass } = stage();
  hear({ step: "pair", kind: "blood-glucose-meter", device: null });
  expect(cues).toEqual([{ device: "home-meter", do: { type: "wake" } }]);
  pass(20_000);
  hear({ step: "measure", kind: "blood-glucose-meter", device: "home-meter" });
  pass(10_000);
  expect(cues.map((cue) => [cue.device, cue.do["type"]])).toEqual([
    ["home-meter", "wake"],
    ["home-meter", "wake"],
    ["home-meter", "measure"],
  ]);
});

test("where nothing came of it, it is tried again; and nobody measures once the visit is over", () => {
  const { hear, cues, pass } = stage();
  hear({ step: "measure", kind: cuff, device: "home-cuff" });
  pass(10_000);
  pass(20_000);
  expect(cues.map(({ device }) => device)).toEqual(["home-cuff", "home-cuff"]);
  hear(idle);
  pass(60_000);
  hear({ step: "consent", kind: null, device: null });
  pass(60_000);
  expect(cues.length).toBe(2);
});

test("now and then a cuff remarks on how it was used", () => {
  const { hear, cues, pass } = stage();
  hear({ step: "measure", kind: cuff, device: "kiosk-cuff" });
  for (let time = 0; time < 20; time += 1) pass(20_000);
  const remarks = new Set(cues.map((cue) => cue.do["remark"]));
  expect(remarks).toEqual(new Set(["none", "body-movement", "irregular-pulse"]));
});
