import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loaded, openRadios } from "../../../gateway/radio/open-radio.ts";
import { daemonRestart } from "../../../gateway/radio/restart-daemon.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { realClock } from "../../doubles/real-clock.ts";

const around = { clock: realClock, log: keptLog() };
const nobody = "unix:path=/nonexistent/carepost-bus";

test("a virtual radio is opened, and nothing of a real stack is loaded for it", () => {
  const program = `
    import { createRequire } from "node:module";
    import { openRadios } from ${JSON.stringify(join(import.meta.dirname, "../../../gateway/radio/open-radio.ts"))};
    const radios = await openRadios({ kind: "virtual", place: { socketPath: "/nonexistent/air.sock" } }, {});
    const packages = Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes("node_modules"));
    console.log(JSON.stringify([radios.map(({ kind }) => kind), packages]));
  `;
  const said = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  expect(JSON.parse(said)).toEqual([["virtual"], []]);
});

test("a BlueZ that is away is no reason not to start: each adapter is opened, and tells that it is absent", async () => {
  const radios = await openRadios(
    { kind: "bluez", adapters: ["hci0", "hci1"], busAddress: nobody, restartCommand: ["false"] },
    around,
  );
  expect(radios.map(({ kind, adapter }) => [kind, adapter])).toEqual([
    ["bluez", "hci0"],
    ["bluez", "hci1"],
  ]);
  expect(radios.map(({ rungs }) => rungs.includes("restart-daemon"))).toEqual([true, true]);
  const [first] = radios;
  await expect(first?.connect("C0:00:00:00:00:01", new AbortController().signal)).rejects.toMatchObject({
    code: "adapter-absent",
  });
  await Promise.all(radios.map((radio) => radio.close()));
});

test("the daemon is not restarted by a gateway that may not", async () => {
  const [radio] = await openRadios({ kind: "bluez", adapters: [], busAddress: nobody, restartCommand: null }, around);
  expect(radio?.rungs).toEqual(["restart-scan", "power-cycle"]);
  await radio?.close();
});

test("a package that is not installed is named as that, with what to do", async () => {
  const absent = "carepost-package-that-is-not-there";
  const failure = await loaded("noble", () => import(absent)).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "radio-package-missing", blame: "operator", context: { kind: "noble" } });
  const other = new TypeError("a fault of the module itself");
  await expect(loaded("noble", () => Promise.reject(other))).rejects.toBe(other);
});

test("the command that restarts the daemon is run without a shell, and tells when it fails", async () => {
  await expect(daemonRestart(["true", "; exit 1"])()).resolves.toBeUndefined();
  await expect(daemonRestart(["false"])()).rejects.toMatchObject({
    code: "daemon-restart-failed",
    context: { reason: 1 },
  });
  await expect(daemonRestart(["/nonexistent/restart"])()).rejects.toMatchObject({ context: { reason: "ENOENT" } });
});
