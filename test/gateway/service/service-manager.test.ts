import { expect, onTestFinished, test } from "vitest";
import { systemdManager } from "../../../gateway/service/service-manager.ts";
import { startNotifyReceiver } from "../../doubles/notify-receiver.ts";

const self = { pid: 100, parentPid: 99 };

test("a process that no manager started has none", () => {
  expect(systemdManager({ ...self, environment: {} })).toBeNull();
  expect(systemdManager({ ...self, environment: { NOTIFY_SOCKET: "" } })).toBeNull();
});

test("the watchdog's span is the manager's, if it means this process or the launcher above it", () => {
  const spanFor = (environment: Readonly<Record<string, string>>): number | null | undefined =>
    systemdManager({ ...self, environment: { NOTIFY_SOCKET: "/run/x", ...environment } })?.watchdogMs;
  expect(spanFor({ WATCHDOG_USEC: "120000000", WATCHDOG_PID: "100" })).toBe(120_000);
  expect(spanFor({ WATCHDOG_USEC: "120000000", WATCHDOG_PID: "99" })).toBe(120_000);
  expect(spanFor({ WATCHDOG_USEC: "120000000" })).toBe(120_000);
  expect(spanFor({ WATCHDOG_USEC: "120000000", WATCHDOG_PID: "7" })).toBeNull();
  expect(spanFor({ WATCHDOG_USEC: "soon" })).toBeNull();
  expect(spanFor({})).toBeNull();
});

test("what it is told arrives at the manager's socket, as one message, before the promise resolves", async () => {
  const receiver = await startNotifyReceiver();
  onTestFinished(() => receiver.close());
  const environment = { NOTIFY_SOCKET: receiver.socketPath, PATH: process.env["PATH"] };
  const manager = systemdManager({ ...self, environment });
  expect(await manager?.tell(["READY=1", "STATUS=Radio up, 0 waiting"])).toBe(true);
  await expect.poll(() => receiver.messages.flat()).toContain("READY=1");
  expect(receiver.messages[0]).toEqual(["READY=1", "STATUS=Radio up, 0 waiting"]);
});

test("a manager that is not there, and a machine without systemd, are told of by the answer alone", async () => {
  const nowhere = { NOTIFY_SOCKET: "/nonexistent/notify.sock", PATH: process.env["PATH"] };
  expect(await systemdManager({ ...self, environment: nowhere })?.tell(["READY=1"])).toBe(false);
  const bare = { NOTIFY_SOCKET: "/run/systemd/notify", PATH: "/nonexistent" };
  expect(await systemdManager({ ...self, environment: bare })?.tell(["READY=1"])).toBe(false);
});
