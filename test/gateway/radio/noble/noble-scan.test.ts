import { expect, test } from "vitest";
import { NobleScan } from "../../../../gateway/radio/noble/noble-scan.ts";

interface Stage {
  readonly scan: NobleScan;
  readonly asked: string[];
}

/** noble as it is: it confirms later, and forgets a stop that overtakes its start. */
function powered(): Stage {
  const asked: string[] = [];
  const scan = new NobleScan({ startScanning: () => asked.push("start"), stopScanning: () => asked.push("stop") });
  scan.powered(true);
  return { scan, asked };
}

test("it scans while anybody wants it, and stops when the last has gone", () => {
  const { scan, asked } = powered();
  const first = scan.want();
  const second = scan.want();
  scan.started();
  first();
  first();
  expect(asked).toEqual(["start"]);
  second();
  expect(asked).toEqual(["start", "stop"]);
});

test("a wish that is taken back before noble has started is a stop after the start, and not before it", () => {
  const { scan, asked } = powered();
  scan.want()();
  expect(asked).toEqual(["start"]);
  scan.started();
  expect(asked).toEqual(["start", "stop"]);
  scan.want();
  expect(asked).toEqual(["start", "stop"]);
  scan.stopped();
  expect(asked).toEqual(["start", "stop", "start"]);
});

test("what noble stops by itself, for a connection, is started again when that is made", () => {
  const { scan, asked } = powered();
  scan.want();
  scan.started();
  scan.pause(true);
  scan.stopped();
  expect(asked).toEqual(["start", "stop"]);
  scan.pause(false);
  expect(asked).toEqual(["start", "stop", "start"]);
});

test("without power nothing is asked, and with it the wish is remembered", () => {
  const { scan, asked } = powered();
  scan.want();
  scan.started();
  scan.powered(false);
  scan.restart();
  expect(asked).toEqual(["start"]);
  scan.powered(true);
  expect(asked).toEqual(["start", "start"]);
});

test("a restart stops and starts, even a scan that noble never confirmed", () => {
  const { scan, asked } = powered();
  scan.want();
  scan.restart();
  scan.stopped();
  expect(asked).toEqual(["start", "stop", "start"]);
});
