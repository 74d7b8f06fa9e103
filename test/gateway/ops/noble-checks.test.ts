import { expect, test } from "vitest";
import type { Machine } from "../../../gateway/ops/checks/machine.ts";
import { noblePackageCheck, noblePermissionCheck } from "../../../gateway/ops/checks/noble-checks.ts";
import { machineOf } from "../../doubles/machine-files.ts";

const signal = new AbortController().signal;
const noble = { kind: "noble", package: "auto", hciDevice: null, h4Socket: null } as const;

test("noble is loaded in a process of its own, and its limits are told", async () => {
  const installed =
    (name: string): Machine["run"] =>
    (_program, args) =>
      Promise.resolve(args.join().includes(name) ? "loaded" : null);
  const judged = (own: Partial<Machine>): Promise<unknown> => noblePackageCheck(noble, machineOf({}, own)).run(signal);
  expect(await judged({})).toMatchObject({
    status: "fail",
    mend: expect.stringContaining("npm install @stoprocent/noble"),
  });
  const onLinux = await judged({ run: installed("@abandonware/noble") });
  expect(onLinux).toMatchObject({
    status: "warn",
    finding: expect.stringContaining("@abandonware/noble can be loaded, but on Linux"),
  });
  expect(await judged({ run: installed("@stoprocent/noble"), platform: "darwin" })).toMatchObject({ status: "ok" });
});

test("noble on Linux names the capabilities that it lacks", async () => {
  const judged = (capEff: string, options = {}): Promise<unknown> => {
    const files = { "proc/self/status": `Name:\tnode\nCapEff:\t${capEff}\n`, "sys/class/bluetooth/hci0/address": "" };
    return noblePermissionCheck({ ...noble, ...options }, machineOf(files)).run(signal);
  };
  expect(await judged("0000000000003000")).toMatchObject({ status: "ok" });
  expect(await judged("0000000000001000")).toMatchObject({
    status: "fail",
    finding: expect.stringContaining("cap_net_raw"),
  });
  expect(await judged("0000000000000000", { h4Socket: "/run/h4.sock" })).toMatchObject({ status: "ok" });
  const without = noblePermissionCheck(noble, machineOf({})).run(signal);
  expect(await without).toMatchObject({ status: "fail", mend: expect.stringContaining("modprobe btusb") });
});
