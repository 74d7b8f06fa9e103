import { expect, test } from "vitest";
import {
  adapter,
  adapterTarget,
  bluezStages,
  type BluezStage,
  connect,
  device,
  deviceTarget,
  find,
  gattTarget,
  pace,
} from "./bluez-stage.ts";

const stage = bluezStages();
const manager = "/org/bluez org.bluez.AgentManager1";
const model = `${device}/service001e/char0023`;
const displays = { io: "display-only", mitm: true } as const;
const compares = { io: "display-yes-no", mitm: true } as const;

async function register({ client }: BluezStage, capability: string): Promise<void> {
  await client.call(manager, "RegisterAgent", "os", "/agent", capability);
}

const reads = ({ client }: BluezStage): Promise<string> => client.failure(gattTarget(model), "ReadValue", "a{sv}", {});

test("a client has one agent; the adapter is pairable while there is one", async () => {
  const { client, another } = await stage();
  const other = await another();
  const manage = (member: string, ...path: readonly string[]): Promise<string> =>
    client.failure(manager, member, member === "RegisterAgent" ? "os" : "o", ...path);
  expect(await manage("UnregisterAgent", "/agent")).toBe("DoesNotExist: Does Not Exist");
  expect(await manage("RequestDefaultAgent", "/agent")).toBe("DoesNotExist: Does Not Exist");
  expect(await manage("RegisterAgent", "/agent", "Telepathy")).toBe(
    "InvalidArguments: Invalid arguments in method call",
  );
  expect(await manage("RegisterAgent", "/agent", "KeyboardOnly")).toBe("done");
  expect(await client.get(adapter, "Adapter1", "Pairable")).toBe(true);
  expect(await manage("RegisterAgent", "/other", "KeyboardOnly")).toBe("AlreadyExists: Already Exists");
  expect(await manage("UnregisterAgent", "/other")).toBe("DoesNotExist: Does Not Exist");
  expect(await other.failure(manager, "UnregisterAgent", "o", "/agent")).toBe("DoesNotExist: Does Not Exist");
  expect(await manage("RequestDefaultAgent", "/agent")).toBe("done");
  expect(await manage("UnregisterAgent", "/agent")).toBe("done");
  expect(await client.get(adapter, "Adapter1", "Pairable")).toBe(false);
});

test("a device that hides keeps the path of its private address when it is paired, until the daemon is started anew", async () => {
  const built = await stage({ addressKind: "random-private" });
  const { client, bluez } = built;
  const hidden = `${adapter}/dev_40_FF_EE_00_00_01`;
  await register(built, "NoInputNoOutput");
  await find(built);
  expect(await client.get(hidden, "Device1", "Address")).toBe("40:FF:EE:00:00:01");
  const from = client.story.length;
  await client.call(`${hidden} org.bluez.Device1`, "Pair");
  const short = "hci0/dev_40_FF_EE_00_00_01 Device1";
  expect(client.since(from)).toContain(`signal ${short} Bonded=true Address=C0:FF:EE:00:00:01 AddressType=random`);
  bluez.daemon.kill();
  await bluez.daemon.start();
  const paths = Object.keys(await client.objects());
  expect(paths).toContain(device);
  expect(paths).not.toContain(hidden);
});

test("Pair connects, bonds, resolves services and then answers; Just Works asks nobody who has asked for it", async () => {
  const built = await stage();
  const { client, bluez } = built;
  await register(built, "NoInputNoOutput");
  await find(built);
  const from = client.story.length;
  await client.call(deviceTarget, "Pair");
  const told = client.since(from).filter((line) => line.includes("Device1") || line.startsWith("reply"));
  expect(told[0]).toMatch(/Connected=true/);
  expect(told.findIndex((line) => line.includes("Bonded=true"))).toBeGreaterThan(0);
  expect(told.at(-1)).toBe("reply Pair");
  expect(await client.get(device, "Device1", "Paired")).toBe(true);
  expect(client.story.filter((line) => line.startsWith("agent"))).toEqual([]);
  expect(bluez.bonds.list()).toEqual(["C0:FF:EE:00:00:01"]);
  expect(await reads(built)).toBe("done");
});

test("a passkey that the device shows is asked of the agent", async () => {
  const built = await stage({ pairing: displays });
  const { client, air, probe } = built;
  await register(built, "KeyboardDisplay");
  client.answers = { RequestPasskey: () => [air.shownPasskey(probe.address)] };
  await find(built);
  expect(await client.failure(deviceTarget, "Pair")).toBe("done");
  expect(client.story).toContain("agent RequestPasskey");
});

test("a wrong passkey fails, and the device ends the link; a refused one leaves the link", async () => {
  const built = await stage({ pairing: { ...displays, passkey: 7 } });
  const { client } = built;
  await register(built, "KeyboardDisplay");
  client.answers = { RequestPasskey: () => [8] };
  await connect(built);
  const from = client.story.length;
  expect(await client.failure(deviceTarget, "Pair")).toBe("AuthenticationFailed: Authentication Failed");
  await client.until(/Connected=false/, from);
  await client.call(deviceTarget, "Connect");
  client.answers = {
    RequestPasskey: () => {
      throw new RangeError("no");
    },
  };
  expect(await client.failure(deviceTarget, "Pair")).toBe("AuthenticationFailed: Authentication Failed");
  expect(await client.get(device, "Device1", "Connected")).toBe(true);
  expect(await client.get(device, "Device1", "Paired")).toBe(false);
});

test("numeric comparison asks for a confirmation of the value that the device shows", async () => {
  const built = await stage({ pairing: compares });
  const { client, air, probe } = built;
  await register(built, "DisplayYesNo");
  const shown: unknown[] = [];
  client.answers = {
    RequestConfirmation: (_, passkey) => {
      shown.push(passkey, air.shownPasskey(probe.address));
      return [];
    },
  };
  await find(built);
  expect(await client.failure(deviceTarget, "Pair")).toBe("done");
  expect(shown).toHaveLength(2);
  expect(shown[0]).toBe(shown[1]);
});

test("a device with keys is shown a passkey, of which no answer is waited for", async () => {
  const built = await stage({ pairing: { io: "keyboard-only", mitm: true } });
  const { client, air, probe } = built;
  await register(built, "DisplayOnly");
  await find(built);
  air.command({ type: "mistype-passkeys", address: probe.address, count: 1 });
  expect(await client.failure(deviceTarget, "Pair")).toBe("AuthenticationFailed: Authentication Failed");
  expect(client.story.find((line) => line.startsWith("agent"))).toMatch(/^agent DisplayPasskey \d+ 0$/);
});

test("without an agent, with one that cannot protect, or when the device does not agree, authentication fails", async () => {
  const built = await stage({ pairing: displays });
  const { client, air, probe } = built;
  await connect(built);
  expect(await client.failure(deviceTarget, "Pair")).toBe("AuthenticationFailed: Authentication Failed");
  await register(built, "NoInputNoOutput");
  const from = client.story.length;
  await client.failure(deviceTarget, "Connect");
  expect(await client.failure(deviceTarget, "Pair")).toBe("AuthenticationFailed: Authentication Failed");
  await client.until(/Connected=false/, from);
  air.command({ type: "refuse-pairings", address: probe.address, count: 1 });
  expect(await client.failure(deviceTarget, "Pair")).toBe("AuthenticationFailed: Authentication Failed");
});

test("one pairing runs at a time; CancelPairing and the end of the link break it off", async () => {
  const built = await stage({ pairing: displays });
  const { client, probe } = built;
  await register(built, "KeyboardOnly");
  client.answers = { RequestPasskey: () => null };
  await find(built);
  expect(await client.failure(deviceTarget, "CancelPairing")).toBe("DoesNotExist: Does Not Exist");
  const pairing = client.failure(deviceTarget, "Pair");
  const asked = await client.until(/^agent RequestPasskey/);
  expect(await client.failure(deviceTarget, "Pair")).toBe("InProgress: In Progress");
  const from = client.story.length;
  await client.call(deviceTarget, "CancelPairing");
  expect(await pairing).toBe("AuthenticationCanceled: Authentication Canceled");
  await client.until(/Connected=false/, from);
  // The room goes on being heard meanwhile; what is told of that is not of the pairing.
  expect(client.since(from).filter((line) => /^(?:agent|error|reply) |Connected=/.test(line))).toEqual([
    "agent Cancel",
    "error Pair AuthenticationCanceled: Authentication Canceled",
    "reply CancelPairing",
    expect.stringContaining("Connected=false"),
  ]);
  const again = client.failure(deviceTarget, "Pair");
  await client.until(/^agent RequestPasskey/, asked + 1);
  probe.disconnect();
  expect(await again).toBe("AuthenticationCanceled: Authentication Canceled");
});

test("an agent that does not answer ends the pairing and the link after 30 s", async () => {
  const built = await stage({ pairing: displays });
  const { client } = built;
  await register(built, "KeyboardOnly");
  client.answers = { RequestPasskey: () => null };
  await connect(built);
  const from = client.story.length;
  const began = performance.now();
  expect(await client.failure(deviceTarget, "Pair")).toBe("AuthenticationCanceled: Authentication Canceled");
  expect(performance.now() - began).toBeGreaterThan(29_000 / pace);
  expect(client.since(from)).toEqual([
    "agent RequestPasskey",
    expect.stringContaining("ServicesResolved=false Connected=false"),
    "agent Cancel",
    "error Pair AuthenticationCanceled: Authentication Canceled",
  ]);
});

test("Pair of a device that is bonded is not answered until it is cancelled", async () => {
  const built = await stage({ bonds: "all" });
  const { client } = built;
  await connect(built);
  const pairing = client.failure(deviceTarget, "Pair");
  await client.call(deviceTarget, "CancelPairing");
  expect(await pairing).toBe("AuthenticationCanceled: Authentication Canceled");
  expect(await client.get(device, "Device1", "Bonded")).toBe(true);
});

test("a request that needs a key pairs by the default agent's leave, and is answered then", async () => {
  const built = await stage();
  const { client } = built;
  await register(built, "KeyboardDisplay");
  await connect(built);
  const from = client.story.length;
  expect(await reads(built)).toBe("done");
  expect(client.since(from).slice(0, 2)).toEqual([
    "agent RequestAuthorization",
    "signal hci0/dev_C0_FF_EE_00_00_01 Device1 Bonded=true Paired=true",
  ]);
});

test("a request whose pairing is refused is not answered while the device is there, and the stranger goes after 30 s", async () => {
  const built = await stage();
  const { client } = built;
  await connect(built);
  const began = performance.now();
  const from = client.story.length;
  const reading = reads(built);
  await client.until(/^removed .*Device1/, from);
  expect(performance.now() - began).toBeGreaterThan(29_000 / pace);
  await expect(Promise.race([reading, Promise.resolve("no answer yet")])).resolves.toBe("no answer yet");
});

test("a device that asks for security is paired as soon as it is connected", async () => {
  const built = await stage({ pairing: { ...displays, requestsSecurity: true } });
  const { client, air, probe } = built;
  await register(built, "KeyboardOnly");
  client.answers = { RequestPasskey: () => [air.shownPasskey(probe.address)] };
  await connect(built);
  await client.until(/Bonded=true/);
  expect(await client.get(device, "Device1", "Paired")).toBe(true);
});

test("a device that has lost its key: Connect succeeds, the link is gone, and services are never resolved", async () => {
  const built = await stage({ bonds: "all" });
  const { client, air, probe } = built;
  await connect(built);
  await client.call(deviceTarget, "Disconnect");
  air.command({ type: "forget-bond", address: probe.address });
  const from = client.story.length;
  await client.call(deviceTarget, "Connect");
  const second = await client.until(/Connected=true/, (await client.until(/Connected=false/, from)) + 1);
  await client.until(/Connected=false/, second);
  expect(client.story.slice(from).filter((line) => line.includes("ServicesResolved=true"))).toEqual([]);
  expect(await client.get(device, "Device1", "Connected")).toBe(false);
  expect(await client.get(device, "Device1", "Bonded")).toBe(true);
});

test("a device that is removed is not bonded any more, and one that still has its key refuses until it is paired", async () => {
  const built = await stage({ bonds: "all" });
  const { client, bluez } = built;
  await register(built, "NoInputNoOutput");
  await find(built);
  await client.call(adapterTarget, "RemoveDevice", "o", device);
  expect(bluez.bonds.list()).toEqual([]);
  await find(built);
  expect(await client.failure(deviceTarget, "Pair")).toBe("done");
  expect(await reads(built)).toBe("done");
  expect(bluez.bonds.list()).toEqual(["C0:FF:EE:00:00:01"]);
});

test("Pair of a device that is away is not answered until it comes, or the pairing is cancelled", async () => {
  const built = await stage();
  const { client, probe } = built;
  await register(built, "NoInputNoOutput");
  await find(built);
  probe.isAwake = false;
  const cancelled = client.failure(deviceTarget, "Pair");
  await client.call(deviceTarget, "CancelPairing");
  expect(await cancelled).toBe("AuthenticationCanceled: Authentication Canceled");
  probe.isAwake = true;
  await find(built);
  probe.isAwake = false;
  const pairing = client.failure(deviceTarget, "Pair");
  await client.get(device, "Device1", "Paired");
  probe.isAwake = true;
  expect(await pairing).toBe("done");
});
