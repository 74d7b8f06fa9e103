import { expect, test } from "vitest";
import { mirrorBluezObjects } from "../../../../gateway/radio/bluez/bluez-objects.ts";
import { DBusFailure } from "../../../../gateway/radio/bluez/dbus-failure.ts";
import { bluezPairing } from "../../../../gateway/radio/bluez/pairing.ts";
import { createVirtualClock } from "../../../../simulators/clock/virtual-clock.ts";
import { codeOf, soon } from "../../../contracts/gatt-stage.ts";
import { scriptedDialogue } from "../../../contracts/scripted-dialogue.ts";
import { CannedBluez } from "./canned-bluez.ts";

const adapter = "/org/bluez/hci0";

test.each([
  ["org.bluez.Error.NotReady", "Resource Not Ready"],
  ["org.freedesktop.DBus.Error.NoReply", "StartDiscovery: no reply"],
] as const)(
  "a search for the device to pair that fails with %s is an adapter that is not there",
  async (name, text) => {
    const bus = new CannedBluez();
    bus.objects[adapter] = { "org.bluez.Adapter1": { Address: "00:00:00:00:00:01", Powered: true } };
    const pairing = await bluezPairing({
      objects: await mirrorBluezObjects(bus),
      adapter,
      clock: createVirtualClock(0),
      hearing: () => Promise.reject(new DBusFailure(name, text)),
      refused: () => undefined,
      tell: () => undefined,
    });
    const request = { address: "C0:00:00:00:00:21", io: "no-input-no-output" } as const;
    expect(await codeOf(pairing.pair(request, scriptedDialogue(), soon()))).toBe("adapter-absent");
    await pairing.close();
  },
);
