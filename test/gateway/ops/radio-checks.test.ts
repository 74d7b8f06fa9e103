import { expect, onTestFinished, test } from "vitest";
import { adapterCheck } from "../../../gateway/ops/checks/adapter-check.ts";
import { bluetoothdCheck } from "../../../gateway/ops/checks/bluetoothd-check.ts";
import { bluezRadioCheck } from "../../../gateway/ops/checks/bluez-radio-check.ts";
import { visitBluez } from "../../../gateway/ops/checks/bluez-visit.ts";
import type { BluezLook, BluezVisit } from "../../../gateway/ops/checks/bluez-visit.ts";
import { bondsCheck } from "../../../gateway/ops/checks/bonds-check.ts";
import { hardeningCheck } from "../../../gateway/ops/checks/hardening-check.ts";
import { kernelCheck } from "../../../gateway/ops/checks/kernel-check.ts";
import type { Machine } from "../../../gateway/ops/checks/machine.ts";
import { rfkillCheck } from "../../../gateway/ops/checks/rfkill-check.ts";
import { rivalsCheck } from "../../../gateway/ops/checks/rivals-check.ts";
import { dropInText, mainConfText } from "../../../gateway/radio/bluez/hardening.ts";
import { DBusFailure } from "../../../gateway/radio/bluez/dbus-failure.ts";
import type { DeviceBond } from "../../../gateway/store/store.ts";
import { machineOf } from "../../doubles/machine-files.ts";
import { startPrivateBus } from "../../doubles/private-bus.ts";

/** Each fault is caused, and the words are what an operator reads. */

const signal = new AbortController().signal;

const adapter = (
  name: string,
  properties: Readonly<Record<string, unknown>> = {},
): { path: string; properties: object } => ({
  path: `/org/bluez/${name}`,
  properties: { Address: "00:1A:7D:DA:71:13", Powered: true, Roles: ["central", "peripheral"], ...properties },
});

type Up = Extract<BluezLook, { readonly type: "up" }>;

/** A bluetoothd that shows this, and hears so many devices. */
function visitTo(shown: Partial<Up> | Exclude<BluezLook["type"], "up">, heard: number | DBusFailure = 3): BluezVisit {
  const up: Up = { type: "up", processId: 42, adapters: [], devices: [] };
  return {
    look: () => Promise.resolve(typeof shown === "string" ? { type: shown } : { ...up, ...shown }),
    hear: () => (typeof heard === "number" ? Promise.resolve(heard) : Promise.reject(heard)),
    close: () => Promise.resolve(),
  };
}

const up = visitTo({
  adapters: [adapter("hci0")].map(({ path, properties }) => ({ path, properties: { ...properties } })),
});
const daemonFile = { "usr/libexec/bluetooth/bluetoothd": "" };

test("what keeps bluetoothd from being spoken to is told apart, each with its mend", async () => {
  const told = async (
    type: Exclude<BluezLook["type"], "up">,
    files: Readonly<Record<string, string>>,
  ): Promise<unknown> => {
    const { status, finding, mend } = await bluetoothdCheck(visitTo(type), machineOf(files)).run(signal);
    return [status, finding, mend];
  };
  const hci = { "sys/class/bluetooth/hci0/address": "" };
  expect(await told("no-bus", daemonFile)).toEqual([
    "fail",
    expect.stringContaining("no message bus"),
    expect.stringContaining("apt-get install dbus"),
  ]);
  expect(await told("no-daemon", {})).toEqual([
    "fail",
    "BlueZ is not installed",
    "Install it: `apt-get install bluez`.",
  ]);
  expect(await told("no-daemon", daemonFile)).toEqual([
    "fail",
    expect.stringContaining("no Bluetooth adapter for it"),
    expect.stringContaining("dmesg"),
  ]);
  expect(await told("no-daemon", { ...daemonFile, ...hci })).toEqual([
    "fail",
    "bluetoothd does not run",
    expect.stringContaining("systemctl enable --now bluetooth"),
  ]);
  expect(await told("denied", daemonFile)).toEqual([
    "fail",
    expect.stringContaining("does not let this user in"),
    expect.stringContaining("usermod -aG bluetooth"),
  ]);
  expect(await told("no-answer", daemonFile)).toEqual([
    "fail",
    expect.stringContaining("does not answer within 5 s"),
    expect.stringContaining("systemctl restart bluetooth"),
  ]);
});

test("bluetoothd's version is asked of the program that runs, and is not guessed", async () => {
  const asked: string[] = [];
  const run: Machine["run"] = (program, args) => {
    asked.push([program, ...args].join(" "));
    return Promise.resolve("5.66\n");
  };
  const files = { "proc/42/exe": "→ /opt/bluez/bluetoothd" };
  expect(await bluetoothdCheck(up, machineOf(files, { run })).run(signal)).toMatchObject({
    status: "ok",
    finding: "it answers; version 5.66",
  });
  expect(asked).toEqual(["/opt/bluez/bluetoothd --version"]);
  const other = { "proc/42/exe": "→ /usr/bin/node" };
  expect((await bluetoothdCheck(up, machineOf(other, { run })).run(signal)).finding).toContain("cannot be learnt");
  expect((await bluetoothdCheck(up, machineOf(daemonFile)).run(signal)).finding).toContain("cannot be learnt");
});

test("a bluetoothd as the distribution sets it up is too open, and as the page says it is not", async () => {
  const hardened = {
    "etc/bluetooth/main.conf": mainConfText(),
    "proc/42/cmdline": `${(/^ExecStart=(\S.*)$/m.exec(dropInText())?.[1] ?? "").replaceAll(" ", "\0")}\0`,
  };
  expect(await hardeningCheck(up, machineOf(hardened)).run(signal)).toMatchObject({ status: "ok", mend: null });
  const open = await hardeningCheck(up, machineOf({ "proc/42/cmdline": "/usr/libexec/bluetooth/bluetoothd\0" })).run(
    signal,
  );
  expect(open.status).toBe("fail");
  expect(open.finding).toMatch(/ControllerMode is dual, as it is not set.*input, hog/);
  expect(open.mend).toMatch(/\[General\]: ControllerMode = le\..*\n.*systemctl restart bluetooth/s);
  const eatt = { ...hardened, "etc/bluetooth/main.conf": mainConfText().replace("Channels = 1", "Channels = 5") };
  expect(await hardeningCheck(up, machineOf(eatt)).run(signal)).toMatchObject({
    status: "warn",
    finding: "Channels is 5",
  });
  const unfinished = {
    ...hardened,
    "etc/bluetooth/main.conf": `[General]\nKernelExperimental = true\n${mainConfText()}`,
  };
  expect((await hardeningCheck(up, machineOf(unfinished)).run(signal)).mend).toContain("take KernelExperimental out");
  const hidden = machineOf({}, { isDenied: () => true });
  expect(await hardeningCheck(up, hidden).run(signal)).toMatchObject({
    status: "warn",
    mend: expect.stringContaining("chmod"),
  });
});

const adapters = (...list: readonly ReturnType<typeof adapter>[]): BluezVisit =>
  visitTo({ adapters: list.map(({ path, properties }) => ({ path, properties: { ...properties } })) });

test("an adapter that is absent, off, held by another, or of the wrong kind is told apart", async () => {
  const judged = async (
    visit: BluezVisit,
    wanted: readonly string[] = [],
    files: Readonly<Record<string, string>> = {},
  ): Promise<unknown> => {
    const { status, finding } = await adapterCheck(visit, machineOf(files), wanted).run(signal);
    return [status, finding];
  };
  expect(await judged(adapters())).toEqual(["fail", "there is no Bluetooth adapter"]);
  const held = await judged(adapters(), [], { "sys/class/bluetooth/hci0/address": "" });
  expect(held).toEqual(["fail", expect.stringContaining("the kernel has hci0, and bluetoothd has none")]);
  expect(await judged(adapters(adapter("hci0", { Powered: false })))).toEqual(["fail", "hci0 is switched off"]);
  expect(await judged(adapters(adapter("hci0", { Roles: [] })))).toEqual([
    "fail",
    expect.stringContaining("Low Energy"),
  ]);
  expect(await judged(adapters(adapter("hci0")), ["hci1"])).toEqual(["fail", "there is no hci1, only hci0"]);
  expect(await judged(adapters(adapter("hci0")), ["hci0", "hci1"])).toEqual([
    "warn",
    expect.stringContaining("no hci1 to fall back on"),
  ]);
  expect(await judged(adapters(adapter("hci0")), ["00:1a:7d:da:71:13"])).toEqual(["ok", "hci0 is on"]);
  expect(await judged(adapters(adapter("hci0", { Powered: false }), adapter("hci1")))).toEqual(["ok", "hci1 is on"]);
});

test("a radio that is switched off says by what", async () => {
  const at = (soft: string, hard: string, type = "bluetooth"): Readonly<Record<string, string>> => ({
    "sys/class/rfkill/rfkill3/type": `${type}\n`,
    "sys/class/rfkill/rfkill3/soft": `${soft}\n`,
    "sys/class/rfkill/rfkill3/hard": `${hard}\n`,
  });
  const judged = async (files: Readonly<Record<string, string>>): Promise<unknown> =>
    await rfkillCheck(machineOf(files)).run(signal);
  expect(await judged(at("1", "0"))).toMatchObject({
    status: "fail",
    mend: "Switch it on: `rfkill unblock bluetooth`.",
  });
  expect(await judged(at("0", "1"))).toMatchObject({ status: "fail", finding: expect.stringContaining("by a switch") });
  expect(await judged(at("1", "1", "wlan"))).toMatchObject({ status: "ok" });
  expect(await judged(at("0", "0"))).toMatchObject({ status: "ok", finding: "Bluetooth is not switched off" });
  expect(await judged({})).toMatchObject({ status: "ok" });
});

const process = (id: number, name: string, ...line: readonly string[]): Readonly<Record<string, string>> => ({
  [`proc/${id}/comm`]: `${name}\n`,
  [`proc/${id}/cmdline`]: `${line.join("\0")}\0`,
  [`proc/${id}/status`]: `Name:\t${name}\nPPid:\t${id === 6 ? 5 : 1}\n`,
});

test("whatever else uses the radio is named", async () => {
  const searching = adapters(adapter("hci0", { Discovering: true }));
  const judged = async (
    visit: BluezVisit,
    ...processes: readonly Readonly<Record<string, string>>[]
  ): Promise<unknown> => {
    const { status, finding } = await rivalsCheck(visit, machineOf(Object.assign({}, ...processes))).run(signal);
    return [status, finding];
  };
  const gateway = process(5, "node", "node", "/usr/local/bin/carepost", "gateway");
  const handedOver = process(6, "MainThread", "/opt/node", "/opt/carepost/gateway/cli/carepost.mjs", "gateway");
  const second = process(8, "node", "node", "/usr/local/bin/carepost", "gateway", "--config", "other.yaml");
  const other = process(8, "node", "node", "/usr/local/bin/carepost", "gateway", "--print-config");
  expect(await judged(up)).toEqual(["ok", "nothing else uses the radio"]);
  const alone = ["ok", "nothing but a gateway uses the radio"];
  expect(await judged(searching, gateway)).toEqual(alone);
  expect(await judged(searching, gateway, handedOver, other)).toEqual(alone);
  expect(await judged(searching)).toEqual(["warn", expect.stringContaining("no gateway runs here")]);
  expect(await judged(up, process(9, "bluetoothctl"))).toEqual(["warn", expect.stringContaining("bluetoothctl")]);
  expect(await judged(up, process(9, "bluetoothd"), process(10, "bluetoothd"))).toEqual([
    "warn",
    expect.stringContaining("2 bluetoothd"),
  ]);
  expect(await judged(up, gateway, second)).toEqual(["warn", expect.stringContaining("2 gateways")]);
  const noble = process(11, "node", "node", "/srv/node_modules/@abandonware/noble/index.js");
  expect(await judged(up, noble)).toEqual(["warn", expect.stringContaining("a Bluetooth program of its own")]);
});

test("a key that the gateway counts on and bluetoothd no longer has is told by the device's name", async () => {
  const bond = (address: string, state: DeviceBond["state"], name: string | null): DeviceBond => ({
    address,
    name,
    state,
    deviceId: null,
    since: 0,
    method: "just-works",
    forgetsKey: false,
    serial: null,
    model: null,
    fingerprint: null,
  });
  const judged = async (bonds: readonly DeviceBond[]): Promise<unknown> => {
    const devices = [{ path: "/org/bluez/hci0/dev_1", properties: { Address: "C0:00:00:00:00:01", Bonded: true } }];
    const { status, finding } = await bondsCheck(visitTo({ devices }), { bonds: () => Promise.resolve(bonds) }).run(
      signal,
    );
    return [status, finding];
  };
  const kept = bond("C0:00:00:00:00:01", "bonded", "meter");
  expect(await judged([])).toEqual(["ok", "no device is paired here yet"]);
  expect(await judged([kept])).toEqual(["ok", "the one paired device has its key"]);
  expect(await judged([kept, bond("C0:00:00:00:00:02", "bonded", "cuff")])).toEqual([
    "warn",
    "bluetoothd has no key any more for cuff",
  ]);
  const lost = await judged([kept, bond("C0:00:00:00:00:03", "lost", null)]);
  expect(lost).toEqual(["warn", "the bond is lost with a device without a name"]);
  expect(await judged([{ ...bond("C0:00:00:00:00:02", "bonded", "cuff"), forgetsKey: true }])).toEqual([
    "ok",
    "no device is paired here yet",
  ]);
});

test("an adapter that hears nothing is a doubt, and one that cannot search is a failure", async () => {
  const listening = (heard: number | DBusFailure): Promise<unknown> => {
    const shown = {
      adapters: [{ path: "/org/bluez/hci0", properties: { Address: "00:1A:7D:DA:71:13", Powered: true } }],
    };
    return bluezRadioCheck(visitTo(shown, heard), [], 0).run(signal);
  };
  expect(await listening(2)).toMatchObject({ status: "ok", finding: "hci0 hears 2 devices" });
  expect(await listening(0)).toMatchObject({ status: "warn", mend: expect.stringContaining("Wake a device up") });
  const busy = new DBusFailure("org.bluez.Error.InProgress", "busy");
  expect(await listening(busy)).toMatchObject({ status: "fail", finding: "hci0 cannot search (InProgress)" });
});

test("the kernel series whose connections end badly is told", async () => {
  expect(await kernelCheck(machineOf({}, { kernel: "6.1.0-40-amd64" })).run(signal)).toMatchObject({ status: "warn" });
  expect(await kernelCheck(machineOf({}, { kernel: "6.12.48-amd64" })).run(signal)).toMatchObject({ status: "ok" });
  expect(await kernelCheck(machineOf({}, { kernel: "6.18.1" })).run(signal)).toMatchObject({ status: "ok" });
});

test("without bluetoothd the checks that need it say so, and are not failures of their own", async () => {
  const down = visitTo("no-daemon");
  const machine = machineOf({});
  const store = { bonds: () => Promise.resolve([]) };
  const checks = [
    hardeningCheck(down, machine),
    adapterCheck(down, machine, []),
    rivalsCheck(down, machine),
    bondsCheck(down, store),
    bluezRadioCheck(down, [], 0),
  ];
  for (const check of checks)
    expect(await check.run(signal)).toMatchObject({ status: "skipped", finding: "needs bluetoothd" });
});

test("a bus that is not there, and one without bluetoothd, are told apart over a real socket", async () => {
  const nowhere = visitBluez("unix:path=/nonexistent/carepost-bus");
  expect(await nowhere.look(signal)).toEqual({ type: "no-bus" });
  await nowhere.close();
  const bus = await startPrivateBus();
  onTestFinished(() => bus.stop());
  const empty = visitBluez(bus.address);
  expect(await empty.look(signal)).toEqual({ type: "no-daemon" });
  await empty.close();
});
