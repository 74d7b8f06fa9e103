import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { answerTo, decodeLines } from "../../../gateway/cli/decode/decode-lines.ts";
import { camelCase, frameVectors } from "../../device-drivers/vectors.ts";
import { keptTerminal } from "../../doubles/kept-terminal.ts";
import { carepost } from "./run-carepost.ts";

test("every vector is answered as its source says, one line each, with numbers that JSON can read", async () => {
  const lines = frameVectors.map(
    ({ characteristic, hex = "", direction = "" }) => `${characteristic} ${hex} ${direction}`,
  );
  const { code, stdout } = await carepost(["decode", "--json", "-"], { input: `${lines.join("\n")}\n` });
  expect(code).toBe(0);
  const answers = stdout.trimEnd().split("\n");
  expect(answers).toHaveLength(frameVectors.length);
  for (const [index, { id, valid, expected }] of frameVectors.entries()) {
    const answer: unknown = JSON.parse(answers[index] ?? "");
    const wanted = Object.fromEntries(Object.entries(expected).map(([name, value]) => [camelCase(name), value]));
    const rejected = { error: { code: expected["error"], message: expect.stringMatching(/\S/) } };
    expect.soft(answer, id).toMatchObject(valid === true ? wanted : rejected);
  }
});

test("a frame is shown with its name, its units and its flags", async () => {
  const { code, stdout, stderr } = await carepost(["decode", "2a35", "1E8A00580078000000041114293B3C00012700"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatchInlineSnapshot(`
    "Blood Pressure Measurement (2A35)  19 octets
      systolic                138 mmHg
      diastolic               88 mmHg
      mean arterial pressure  120 mmHg
      timestamp               0000-04-17T20:41:59
      timestamp known         no
      pulse rate              60 bpm
      user id                 1
      status                  39
      status flags            body movement, cuff too loose, irregular pulse, improper position
      pulse range             in range
    "
  `);
});

test("octets that must be rejected end with 1, and say why on the right stream", async () => {
  const human = await carepost(["decode", "2A35", "0078"]);
  expect(human).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": "✗ Blood Pressure Measurement needs 7 octets and has 2. (too_short)
      offset: 2
      → Nothing can be read from these octets. Compare them with what the device sent, from its first octet to its last.
    ",
      "stdout": "",
    }
  `);
  const program = await carepost(["decode", "--json", "2A35", "0078"]);
  expect(program).toMatchObject({ code: 1, stderr: "" });
  expect(JSON.parse(program.stdout)).toMatchObject({ error: { code: "too_short", context: { offset: 2 } } });
});

test("a characteristic that is not known is answered with those that are", async () => {
  const { code, stdout } = await carepost(["decode", "--json", "FFFF", "00"]);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "unknown-characteristic" } });
  expect(stdout).toContain("2A18, ");
});

test("bad usage ends with 2 and says what was meant", async () => {
  expect(await carepost(["decode"])).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": "✗ a characteristic and its octets are needed
      → carepost decode --help has examples
    ",
      "stdout": "",
    }
  `);
  expect(await carepost(["decode", "--jsn", "2A35", "00"])).toMatchObject({ code: 2, stdout: "" });
  expect(await carepost(["decode", "--direction", "up", "2A52", "00"])).toMatchObject({ code: 2, stdout: "" });
});

test("each line is answered, also those that are wrong", () => {
  const codeOf = (line: string): unknown => /"code":"([^"]+)"/.exec(answerTo(line, null))?.[1] ?? "decoded";
  const lines = ["2A19 64", "2A19", "2A19 65", "2A19 6", "2A19 0x64", "nonsense 00", "", "2A19 64 trailing"];
  expect(lines.map(codeOf).join(" ")).toBe(
    "decoded too_short value not-hex not-hex unknown-characteristic line-malformed not-hex",
  );
  expect(answerTo("  2A35\t00 78 00:50-00 5a 00  \r", null)).toBe(
    '{"systolic":{"value":120,"unit":"mmHg"},"diastolic":{"value":80,"unit":"mmHg"},"meanArterialPressure":{"value":90,"unit":"mmHg"}}\n',
  );
});

test("a control point is read by its direction, of the line or of the command", () => {
  expect(answerTo("2A52 0101 tx", null)).toBe(answerTo("2A52 0101", "tx"));
  expect(JSON.parse(answerTo("2A52 06000103 rx", "tx"))).toMatchObject({ opCode: "response_code" });
});

test("lines are told apart however they are cut on their way, and one without an end is not kept", async () => {
  const chunks = ["2A19 6", "4\n2A1", "9 65\n", "x".repeat(60_000), "x".repeat(60_000), "\n2A19 01"];
  const terminal = keptTerminal();
  await decodeLines(Readable.from(chunks), null, terminal);
  const codes = terminal.written
    .join("")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(codes).toMatchObject([
    { level: { value: 100 } },
    { error: { code: "value" } },
    { error: { code: "line-malformed" } },
    { level: { value: 1 } },
  ]);
});

test("a reader that leaves early, as head does, is no failure", async () => {
  const { spawnSync } = await import("node:child_process");
  const { launcher } = await import("./run-carepost.ts");
  const lines = "2A19 64\\n";
  const script = `yes '${lines.slice(0, 7)}' | head -200000 | "${process.execPath}" "${launcher}" decode --json - | head -1; echo "\${PIPESTATUS[2]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  expect({ stdout, stderr }).toEqual({ stdout: '{"level":{"value":100,"unit":"%"}}\n0\n', stderr: "" });
});
