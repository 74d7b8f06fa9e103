import { expect, test } from "vitest";
import { carepost } from "./run-carepost.ts";

const everyCommand = `
  --
  demo, decode, simulate, gateway, doctor, bench
  devices, devices list, devices show, devices assign, devices forget
  readings, readings list, readings show, readings export, readings held, readings assign, readings quarantine
  readings dead-letters, readings dead-letters list, readings dead-letters replay
  people, people list, people add
  broker-config, broker-config mosquitto
  ingest, ingest check, ingest tail, ingest dead-letters, ingest dead-letters list, ingest dead-letters replay
  ingest homes, ingest homes list, ingest homes set, ingest homes remove, ingest rosters, ingest rosters show
`
  .trim()
  .split(/,|\n/)
  .map((name) => name.replace("--", "").trim());

test("every command has a help with its use, an example and its exit codes, which fits 80 columns", async () => {
  for (const name of everyCommand) {
    const { code, stdout, stderr } = await carepost([...name.split(" ").filter((word) => word !== ""), "--help"]);
    expect.soft({ name, code, stderr }).toEqual({ name, code: 0, stderr: "" });
    expect.soft(stdout, name).toMatch(/^Usage: carepost/);
    expect.soft(stdout, name).toMatch(/Examples:\n {2}\S[^]*Exit codes:\n {2}0 {2}/);
    expect
      .soft(
        stdout.split("\n").filter((line) => line.length > 80),
        name,
      )
      .toEqual([]);
  }
});

test("a command that is not known, or none, is bad usage", async () => {
  expect(await carepost(["decod"])).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("decode") });
  expect(await carepost([])).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("Usage: carepost") });
  expect(await carepost(["devices"])).toMatchObject({ code: 2, stdout: "" });
  expect(await carepost(["devices", "shwo"])).toMatchObject({ code: 2, stderr: expect.stringContaining("show") });
});

test("colours are shown only where they are wanted", async () => {
  const forced = { NO_COLOR: "", FORCE_COLOR: "1" };
  const withColours = await carepost(["decode", "2A19", "64"], { environment: forced });
  expect(withColours.stdout).toContain("\u001B[");
  const without = await carepost(["--no-color", "decode", "2A19", "64"], { environment: forced });
  expect(without.stdout).toBe("Battery Level (2A19)  1 octet\n  level  100 %\n");
  expect((await carepost(["--help", "--no-color"], { environment: forced })).stdout).not.toContain("\u001B[");
});
