import { expect, test } from "vitest";
import { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import { loadScenario, parseScenario } from "../../../simulators/scenario/load-scenario.ts";

const valid = {
  name: "x",
  about: "A test.",
  people: [{ reference: "sim-0001" }],
  devices: [{ name: "meter", kind: "glucose-meter" }],
};

function complaint(change: object): string {
  try {
    parseScenario(JSON.stringify({ ...valid, ...change }), "x.yaml");
  } catch (error) {
    if (error instanceof CarepostError && error.code === "scenario-invalid") return error.message;
    throw error;
  }
  return "no complaint";
}

const device = (more: object): object => ({ devices: [{ name: "meter", kind: "glucose-meter", ...more }] });

test("a scenario needs little", () => {
  expect(complaint({})).toBe("no complaint");
});

test.each([
  ["a unit that is none", device({ unit: "stone" }), 'devices[0].unit is "stone": write one of mg/dL, mmol/L'],
  ["a key that is misspelt", device({ unti: "mg/dL" }), "remove unti, or correct the spelling"],
  ["a kind that is unknown", { devices: [{ name: "meter", kind: "toaster" }] }, 'devices[0].kind is "toaster"'],
  [
    "a duration without a unit",
    device({ awake: { afterUse: "30" } }),
    'awake.afterUse is "30": write a number and a unit',
  ],
  ["half a period", device({ awake: { every: "3s" } }), "give both `every` and `for`, or neither"],
  [
    "a probability above 1",
    { faults: { notificationLoss: 7 } },
    "faults.notificationLoss is 7: write a number from 0 to 1",
  ],
  ["a name for a person", { people: [{ reference: "Erika" }] }, "people are numbers, never names"],
  ["a rhythm without a time", { rhythms: [{ device: "meter", person: "sim-0001" }] }, "give either `every` or `at`"],
  [
    "a rhythm of an unknown device",
    { rhythms: [{ device: "scale", person: "sim-0001", every: "3s" }] },
    'rhythms[0].device is "scale": no device has this name; the devices are meter',
  ],
  [
    "an unknown person",
    { rhythms: [{ device: "meter", person: "sim-0009", every: "3s" }] },
    'rhythms[0].person is "sim-0009": nobody has this reference; the people are sim-0001',
  ],
  ["an unknown owner", device({ owner: "sim-0009" }), 'devices[0].owner is "sim-0009"'],
  [
    "an event of no device",
    { events: [{ at: "1s", do: { type: "vanish" } }] },
    "events[0].device is missing: say which device",
  ],
  [
    "two devices of one name",
    { devices: [...valid.devices, ...valid.devices] },
    'devices[1].name is "meter": this name is given twice',
  ],
])("%s is told by key, value and remedy", (_, change, expected) => {
  expect(complaint(change)).toContain(expected);
});

test("every fault is told at once", () => {
  const message = complaint({ ...device({ unit: "stone", memory: 0 }), peopleSpeed: -1 });
  expect(message.split("\n")).toHaveLength(4);
});

test("what is not YAML, or not there, is told so", () => {
  expect(() => parseScenario("a: [", "x.yaml")).toThrow(/x\.yaml is not YAML/);
  expect(() => loadScenario("nowhere.yaml")).toThrow(expect.objectContaining({ code: "scenario-not-found" }));
});
