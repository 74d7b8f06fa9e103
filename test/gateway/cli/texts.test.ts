import { expect, test } from "vitest";
import { ageText, bytesText } from "../../../gateway/cli/age-text.ts";
import { durationArgument, instantArgument, personArgument, wholeNumber } from "../../../gateway/cli/arguments.ts";
import { sparkline } from "../../../gateway/cli/demo/sparkline.ts";
import { failureOf, failureText } from "../../../gateway/cli/failure.ts";
import { tableText } from "../../../gateway/cli/table.ts";
import { plain } from "../../../gateway/cli/terminal.ts";
import { wrapText } from "../../../gateway/cli/wrap-text.ts";
import { gatewayErrors } from "../../../gateway/gateway-error.ts";

test("a table's columns line up, numbers stand to the right, and styles take no room", () => {
  const style = (text: string): string => `<${text}>`;
  const rows = [
    ["ID", "NAME"],
    [{ text: "7", right: true }, "seven"],
    [
      { text: "11", right: true, style },
      { text: "eleven", style },
    ],
  ];
  expect(tableText(rows)).toBe("ID  NAME\n 7  seven\n<11>  <eleven>\n");
  expect(tableText([])).toBe("");
});

test("a text is broken at blanks, and a long word is left whole", () => {
  expect(wrapText("one two three", 7)).toEqual(["one two", "three"]);
  expect(wrapText("a verylongword b", 5)).toEqual(["a", "verylongword", "b"]);
  expect(wrapText("one\ntwo", 80)).toEqual(["one", "two"]);
});

test("an age is told in the unit that says it", () => {
  expect([0, 90_000, 600_000, 10_800_000, 864_000_000, -5].map(ageText)).toEqual([
    "0 s",
    "90 s",
    "10 min",
    "3 h",
    "10 days",
    "0 s",
  ]);
});

test("a size is told in the unit that fits", () => {
  expect([0, 1023, 1536, 5 * 2 ** 30].map(bytesText)).toEqual(["0 B", "1023 B", "1.5 KiB", "5.0 GiB"]);
});

test("arguments that make no sense are bad usage", () => {
  expect(wholeNumber(0, 9)("7")).toBe(7);
  for (const text of ["", "-1", "10", "1.5", "0x7", "seven"]) expect(() => wholeNumber(0, 9)(text)).toThrow(/whole/);
  expect(personArgument("p-7f3a")).toBe("p-7f3a");
  for (const text of ["", "two words", "somebody@example.org"])
    expect(() => personArgument(text)).toThrow(/never a name/);
  expect(["500ms", "20s", "5min", "5m", "1h"].map(durationArgument)).toEqual([
    500, 20_000, 300_000, 300_000, 3_600_000,
  ]);
  for (const text of ["", "20", "0s", "-1s", "20 s", "1d"]) expect(() => durationArgument(text)).toThrow(/duration/);
});

test("a time needs its zone, and a date begins at midnight UTC", () => {
  expect(instantArgument("2026-03-01")).toBe(Date.UTC(2026, 2, 1));
  expect(instantArgument("2026-03-01T08:00:00+01:00")).toBe(Date.UTC(2026, 2, 1, 7));
  for (const text of ["2026-03-01T08:00", "1 March", "2026-13-01", "2026-3-1"]) {
    expect(() => instantArgument(text)).toThrow(/zone/);
  }
});

test("a curve shows the latest samples, the highest as a full column", () => {
  expect(sparkline([0, 1, 2, 4], 4)).toBe("▁▃▅█");
  expect(sparkline([9, 0, 0], 2)).toBe("▁▁");
  expect(sparkline([], 3)).toBe("▁▁▁");
});

test("a failure is told with its code, its circumstances and what to do", () => {
  const error = gatewayErrors.make("device-unknown", "no such device is known", { context: { driver: "glucose" } });
  expect(failureText(failureOf(error), plain, null)).toBe(
    "✗ No such device is known (device-unknown)\n  driver: glucose\n" +
      "  → List the devices with `carepost devices`, and name one by its id.\n",
  );
});

test("where several things failed, each is told", () => {
  const parts = [gatewayErrors.make("part-ended", "the forwarder ended"), new TypeError("x is undefined")];
  const error = gatewayErrors.make("gateway-failed", "2 parts failed", { cause: new AggregateError(parts) });
  const text = failureText(failureOf(error), plain, 60);
  expect(text).toContain("(gateway-failed)");
  expect(text).toContain("The forwarder ended (part-ended)");
  expect(text).toContain("TypeError: x is undefined");
  expect(text.split("\n").every((line) => line.length <= 60 || line.includes("at ") || line.includes("✗"))).toBe(true);
});
