import { z } from "zod";
import { deviceDescription, faults } from "./device-schema.ts";
import { count, duration, label, personReference, signedDuration, timeOfDay } from "./scenario-fields.ts";

/** A scenario, as its file describes it; `README.md` beside this file explains every key. */
export type Scenario = z.infer<typeof scenario>;
export type Rhythm = Scenario["rhythms"][number];
export type ScriptedEvent = Scenario["events"][number];
export type Deed = ScriptedEvent["do"];
/** Something that is to happen at once, because somebody outside says so. */
export type Cue = z.infer<typeof cue>;

const personDescription = z.strictObject({
  reference: personReference,
  diabetes: z.enum(["none", "type-2"]).default("type-2"),
  treatment: z.enum(["diet", "oral", "insulin"]).default("oral"),
  hypertension: z.enum(["none", "stage-1", "stage-2"]).default("stage-1"),
  whiteCoat: z.boolean().default(false),
});

const rhythm = z
  .strictObject({
    device: label,
    person: personReference,
    /** Again and again, after so long. */
    every: duration.optional(),
    /** At these times of each day. */
    at: z.array(timeOfDay).min(1).optional(),
    /** Up to so much earlier or later. */
    jitter: duration.default(0),
    /** Before the first, where `every` is given. */
    first: duration.optional(),
  })
  .refine(({ every, at }) => (every === undefined) !== (at === undefined), {
    message: "give either `every` or `at`",
    path: ["every"],
  });

const deed = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("vanish"), for: duration.optional() }),
  z.strictObject({ type: z.literal("return") }),
  z.strictObject({ type: z.literal("disconnect") }),
  z.strictObject({
    type: z.literal("cut-transfer"),
    afterValues: count.default(0),
    before: z.enum(["value", "confirmation"]).default("value"),
  }),
  z.strictObject({ type: z.literal("refuse-connections"), count: count.default(1) }),
  z.strictObject({ type: z.literal("drop-notifications"), count: count.default(1) }),
  z.strictObject({ type: z.literal("repeat-notifications"), count: count.default(1) }),
  z.strictObject({ type: z.literal("delay-values"), count: count.default(1), delay: duration }),
  z.strictObject({ type: z.literal("forget-bond") }),
  z.strictObject({ type: z.literal("pair") }),
  /** Its button is pressed, and it advertises. */
  z.strictObject({ type: z.literal("wake") }),
  /** Without a person, somebody unknown measures. */
  z.strictObject({
    type: z.literal("measure"),
    person: personReference.optional(),
    times: z.int().min(1).default(1),
    /** What a cuff says of it; left out, chance decides. */
    remark: z.enum(["none", "body-movement", "irregular-pulse"]).optional(),
  }),
  z.strictObject({ type: z.literal("control-solution") }),
  z.strictObject({ type: z.literal("failed-measurement"), person: personReference.optional() }),
  z.strictObject({ type: z.literal("reset-counter"), keepsMemory: z.boolean().default(false) }),
  z.strictObject({ type: z.literal("reset-clock") }),
  z.strictObject({ type: z.literal("adjust-display"), by: signedDuration }),
  z.strictObject({
    type: z.literal("interrupt-report"),
    by: z.enum(["procedure-not-completed", "silence", "hang-up"]),
    afterRecords: count.default(0),
  }),
  /** The firmware spoils the next frames that it sends. */
  z.strictObject({
    type: z.literal("garble"),
    how: z.enum(["truncated", "oversized", "empty", "all-ones"]),
    frames: count.default(1),
  }),
  z.strictObject({ type: z.literal("adapter"), present: z.boolean() }),
]);

const scriptedEvent = z.strictObject({
  at: duration,
  /** Again and again, after so long. */
  every: duration.optional(),
  /** Which device; only `adapter` concerns none. */
  device: label.optional(),
  do: deed,
});

export const cue = scriptedEvent.pick({ device: true, do: true });

const scenarioShape = z.strictObject({
  name: label,
  about: z.string().max(2_000),
  /** Where the devices stand: minutes east of UTC. */
  utcOffsetMin: z.int().min(-720).max(840).default(0),
  /** How many times faster than the world's clock people's days pass. Device clocks keep the world's pace. */
  peopleSpeed: z.number().positive().max(100_000).default(1),
  /** The minute of the day at which people's days begin, where they do not keep the world's time. */
  peopleStart: timeOfDay.optional(),
  /** Does all measuring happen where there are white coats? */
  inClinic: z.boolean().default(false),
  air: z.enum(["still", "home", "crowded"]).default("still"),
  faults: faults.prefault({}),
  people: z.array(personDescription).min(1),
  devices: z.array(deviceDescription).min(1).max(500),
  rhythms: z.array(rhythm).default([]),
  events: z.array(scriptedEvent).default([]),
});

export const scenario = scenarioShape.superRefine((value, context) => {
  for (const { message, path } of contradictions(value)) context.addIssue({ code: "custom", message, path });
});

interface Contradiction {
  readonly message: string;
  readonly path: (string | number)[];
}

/** What every part may say for itself, but not together. */
function contradictions(value: z.infer<typeof scenarioShape>): readonly Contradiction[] {
  return [
    ...repeated(
      value.devices.map(({ name }) => name),
      "devices",
      "name",
    ),
    ...repeated(
      value.people.map(({ reference }) => reference),
      "people",
      "reference",
    ),
    ...unknownDevices(value),
    ...unknownPeople(value),
  ];
}

function repeated(names: readonly string[], list: string, key: string): readonly Contradiction[] {
  const message = `this ${key} is given twice; give each its own`;
  return names.flatMap((name, index) => (names.indexOf(name) === index ? [] : [{ message, path: [list, index, key] }]));
}

function unknownDevices({ devices, rhythms, events }: z.infer<typeof scenarioShape>): readonly Contradiction[] {
  const names = devices.map(({ name }) => name);
  const message = `no device has this name; the devices are ${names.join(", ")}`;
  const inRhythms = rhythms.flatMap(({ device }, index) =>
    names.includes(device) ? [] : [{ message, path: ["rhythms", index, "device"] }],
  );
  const inEvents = events.flatMap((event, index): readonly Contradiction[] => {
    const path = ["events", index, "device"];
    if (event.do.type === "adapter") return [];
    if (event.device === undefined) return [{ message: "say which device", path }];
    return names.includes(event.device) ? [] : [{ message, path }];
  });
  return [...inRhythms, ...inEvents];
}

function unknownPeople({ people, devices, rhythms, events }: z.infer<typeof scenarioShape>): readonly Contradiction[] {
  const known = people.map(({ reference }) => reference);
  const message = `nobody has this reference; the people are ${known.join(", ")}`;
  const mentions: readonly { readonly person: string | undefined; readonly path: (string | number)[] }[] = [
    ...rhythms.map(({ person }, index) => ({ person, path: ["rhythms", index, "person"] })),
    ...events.map((event, index) => ({
      person: "person" in event.do ? event.do.person : undefined,
      path: ["events", index, "do", "person"],
    })),
    ...devices.flatMap((device, index) =>
      usersOf(device).map(({ person, key }) => ({ person, path: ["devices", index, ...key] })),
    ),
  ];
  return mentions.flatMap(({ person, path }) =>
    person === undefined || known.includes(person) ? [] : [{ message, path }],
  );
}

function usersOf(
  device: z.infer<typeof deviceDescription>,
): readonly { readonly person: string; readonly key: (string | number)[] }[] {
  const history = (device.history?.people ?? []).map((person, index) => ({
    person,
    key: ["history", "people", index],
  }));
  if (device.kind === "blood-pressure-cuff") {
    return [...device.users.map((person, index) => ({ person, key: ["users", index] })), ...history];
  }
  return device.owner === undefined ? history : [{ person: device.owner, key: ["owner"] }, ...history];
}
