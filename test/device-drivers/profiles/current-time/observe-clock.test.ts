import { expect, test } from "vitest";
import { bloodPressureDriver } from "../../../../device-drivers/profiles/blood-pressure/driver.ts";
import { glucoseDriver } from "../../../../device-drivers/profiles/glucose/driver.ts";
import { collectFrom, localTime, startAt } from "../../collecting.ts";
import { allRequest, count, countRequest, done, measurementLine } from "../../glucose-lines.ts";
import { declare, lines, ScriptedDevice } from "../../scripted-device.ts";

const frame = "2A35 167C0056006100E807060F11111B33000000";
const dateTimeCuff = declare("1810/2A35 indicate", "1810/2A08 read,write");
const currentTimeCuff = declare("1805/2A2B read,write,notify", "1810/2A35 indicate");

/** 2026-05-12 18:53:43, a Tuesday, as Date Time and as Current Time. */
const nowAsDateTime = "EA07050C12352B";
const nowAsCurrentTime = `${nowAsDateTime}020002`;
const late = { year: 2026, month: 5, day: 12, hours: 18, minutes: 52, seconds: 25 };
const lateAsDateTime = "EA07050C123419";

test("a clock is read before the first measurement and left alone by default", async () => {
  const device = new ScriptedDevice(currentTimeCuff, {
    on: { "on 2A35": frame },
    values: { "2A2B": `${lateAsDateTime}000000` },
  });
  const { observed } = await collectFrom(bloodPressureDriver, device);
  expect(observed).toMatchObject([
    {
      type: "clock",
      observation: { method: "current-time", deviceTime: late, at: startAt + 600, atMonotonicMs: 600, setTo: null },
    },
    { type: "measurement" },
  ]);
  expect(device.heard).toEqual(["read 2A2B", "on 2A35", "off 2A35"]);
});

test("a clock that takes its time to answer is taken to be from the middle of that time", async () => {
  const device = new ScriptedDevice(currentTimeCuff, { values: { "2A2B": `${lateAsDateTime}000000` } });
  const faults = { operationLatencyMs: { minMs: 400, maxMs: 400 } };
  const { observed } = await collectFrom(bloodPressureDriver, device, { faults });
  expect(observed).toMatchObject([{ observation: { at: startAt + 800, atMonotonicMs: 800 } }]);
});

test("a cuff that wants its clock set first gets the local time before it is subscribed to", async () => {
  const quirks = { setClock: "before-collection" } as const;
  const withDateTime = new ScriptedDevice(dateTimeCuff, {
    values: { "2A08": lateAsDateTime },
    on: { [`write 2A08 ${nowAsDateTime}`]: "" },
  });
  const first = await collectFrom(bloodPressureDriver, withDateTime, { quirks });
  expect(withDateTime.heard.slice(0, 3)).toEqual(["read 2A08", `write 2A08 ${nowAsDateTime}`, "on 2A35"]);
  expect(first.observed).toMatchObject([
    { type: "clock", observation: { method: "date-time", deviceTime: late, setTo: localTime } },
  ]);

  const withCurrentTime = new ScriptedDevice(currentTimeCuff, { values: { "2A2B": `${lateAsDateTime}000000` } });
  await collectFrom(bloodPressureDriver, withCurrentTime, { quirks });
  expect(withCurrentTime.heard).toContain(`write 2A2B ${nowAsCurrentTime}`);
});

test("a clock is not set while the gateway's own is not to be trusted", async () => {
  const device = new ScriptedDevice(dateTimeCuff, { values: { "2A08": lateAsDateTime } });
  const quirks = { setClock: "before-collection" } as const;
  const { observed } = await collectFrom(bloodPressureDriver, device, { quirks, localTime: null });
  expect(device.heard).toEqual(["read 2A08", "on 2A35", "off 2A35"]);
  expect(observed).toMatchObject([{ observation: { setTo: null } }]);
});

test("a clock that may be written only is set and not told of, and one that may be read only is told of and not set", async () => {
  const quirks = { setClock: "before-collection" } as const;
  const mute = new ScriptedDevice(declare("1810/2A35 indicate", "1810/2A08 write"), {});
  expect((await collectFrom(bloodPressureDriver, mute, { quirks })).observed).toEqual([]);
  expect(mute.heard).toContain(`write 2A08 ${nowAsDateTime}`);
  const fixed = new ScriptedDevice(declare("1810/2A35 indicate", "1810/2A08 read"), {
    values: { "2A08": lateAsDateTime },
  });
  expect((await collectFrom(bloodPressureDriver, fixed, { quirks })).observed).toMatchObject([
    { observation: { setTo: null } },
  ]);
});

test("a refusal to read or to set the clock is borne; `data field ignored` is no refusal", async () => {
  const quirks = { setClock: "before-collection" } as const;
  const refusing = new ScriptedDevice(currentTimeCuff, {
    on: { [`write 2A2B ${nowAsCurrentTime}`]: "refuse 0E", "on 2A35": frame },
  });
  const outcome = await collectFrom(bloodPressureDriver, refusing, { quirks });
  expect(outcome.observed).toMatchObject([{ type: "measurement" }]);

  const ignoring = new ScriptedDevice(currentTimeCuff, {
    on: { [`write 2A2B ${nowAsCurrentTime}`]: "refuse 80" },
    values: { "2A2B": `${lateAsDateTime}000000` },
  });
  const { observed } = await collectFrom(bloodPressureDriver, ignoring, { quirks });
  expect(observed).toMatchObject([{ observation: { setTo: localTime } }]);
});

test("a clock with an impossible time is set aside, and one that was never set is told as it is", async () => {
  const broken = new ScriptedDevice(dateTimeCuff, { values: { "2A08": "EA070D0C12352B" } });
  expect((await collectFrom(bloodPressureDriver, broken)).observed).toMatchObject([{ type: "undecodable" }]);
  const unset = new ScriptedDevice(dateTimeCuff, { values: { "2A08": "00000000000000" } });
  expect((await collectFrom(bloodPressureDriver, unset)).observed).toMatchObject([
    { type: "clock", observation: { deviceTime: { year: 0 } } },
  ]);
});

test("a meter that may have its clock set is set only after its records are read, and only if they were read well", async () => {
  const table = declare("1808/2A18 notify", "1808/2A52 write,indicate", "1805/2A2B read,write");
  const values = { "2A2B": `${lateAsDateTime}000000` };
  const quirks = { setClock: "after-collection" } as const;
  const well = new ScriptedDevice(table, {
    on: { [countRequest]: count(1), [allRequest]: lines(measurementLine(1), done) },
    values,
  });
  const { observed } = await collectFrom(glucoseDriver, well, { quirks });
  expect(observed.map(({ type }) => type)).toEqual(["clock", "expected", "measurement", "clock"]);
  expect(observed.at(-1)).toMatchObject({ observation: { setTo: localTime } });
  expect(well.heard.at(-1)).toBe(`write 2A2B ${nowAsCurrentTime}`);

  const badly = new ScriptedDevice(table, { on: { [countRequest]: count(1), [allRequest]: "2A52 06000108" }, values });
  await collectFrom(glucoseDriver, badly, { quirks });
  expect(badly.heard.filter((line) => line.startsWith("write 2A2B"))).toEqual([]);
});

test("a device that has hung up by the time its clock would be set has ended well all the same", async () => {
  const device = new ScriptedDevice(dateTimeCuff, {
    on: { "on 2A35": lines(frame, "hang up") },
    values: { "2A08": lateAsDateTime },
  });
  const outcome = await collectFrom(bloodPressureDriver, device, { quirks: { setClock: "after-collection" } });
  expect(outcome.end).toEqual({ records: 1, counterWasReset: false });
});
