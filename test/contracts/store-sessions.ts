import { expect } from "vitest";
import type { Change, Deed, KioskSession } from "../../gateway/store/store.ts";
import type { StoreCheck } from "./store.ts";

const session: KioskSession = {
  id: "session-1",
  person: "sim-0001",
  consent: "consent-1",
  startedAt: 10,
  endedAt: null,
  devices: [{ deviceId: "device-1", sinceAt: 10 }],
};

/** Stays at the kiosk, and the devices that they name. */
export function sessionContract(check: StoreCheck): void {
  check("sessions are those that are open, or were after a time", async ({ store }) => {
    await store.saveSession(session);
    await store.saveSession({ ...session, id: "session-2", endedAt: 50 });
    const idsSince = async (at: number): Promise<readonly string[]> => (await store.sessions(at)).map(({ id }) => id);
    expect(await idsSince(0)).toEqual(["session-1", "session-2"]);
    expect(await idsSince(50)).toEqual(["session-1"]);
  });

  check("a session names devices, at first and later, each since the first time that it was named", async (the) => {
    const { store } = the;
    await store.saveSession(session);
    const name = (deviceId: string, sinceAt: number) =>
      store.record(only({ type: "session-device", session: "session-1", device: { deviceId, sinceAt } }));
    await name("device-2", 20);
    await name("device-1", 30);
    const devices = [
      { deviceId: "device-1", sinceAt: 10 },
      { deviceId: "device-2", sinceAt: 20 },
    ];
    expect(await store.sessions(0)).toEqual([{ ...session, devices }]);
    await store.saveSession({ ...session, endedAt: 60, devices: [{ deviceId: "device-3", sinceAt: 10 }] });
    expect(await (await the.reopen()).sessions(0)).toEqual([{ ...session, endedAt: 60, devices }]);
  });

  check("a session that has ended stays so, and ends no later", async ({ store }) => {
    await store.saveSession({ ...session, endedAt: 50 });
    await store.saveSession({ ...session, endedAt: null });
    await store.saveSession({ ...session, endedAt: 70 });
    expect(await store.sessions(0)).toMatchObject([{ endedAt: 50 }]);
    await store.saveSession({ ...session, endedAt: 40 });
    expect(await store.sessions(0)).toMatchObject([{ endedAt: 40 }]);
  });

  check("a session that goes on from another names what that names, from its own beginning on", async ({ store }) => {
    await store.saveSession(session);
    const next = { ...session, id: "session-2", startedAt: 80, devices: [] };
    await store.record(only({ type: "session-moved", from: "session-1", session: next }));
    expect((await store.sessions(0)).find(({ id }) => id === "session-2")?.devices).toEqual([
      { deviceId: "device-1", sinceAt: 80 },
    ]);
  });

  check("a device that changes hands, or is forgotten, is named by no open session any more", async ({ store }) => {
    const named = ["device-1", "device-2", "device-3"].map((deviceId) => ({ deviceId, sinceAt: 10 }));
    await store.saveSession({ ...session, devices: named });
    await store.record(only({ type: "release-device", deviceId: "device-1" }));
    await store.forgetDevice("device-2");
    expect((await store.sessions(0)).map(({ devices }) => devices)).toEqual([[{ deviceId: "device-3", sinceAt: 10 }]]);
  });
}

const only = (change: Change): Deed => ({ changes: [change], events: [], audit: [] });
