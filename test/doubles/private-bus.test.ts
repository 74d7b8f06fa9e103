import { sessionBus } from "dbus-next";
import { once } from "node:events";
import { expect, test } from "vitest";
import { startPrivateBus } from "./private-bus.ts";

test("a private bus lets anybody be org.bluez, and is gone when it was stopped", async () => {
  const place = await startPrivateBus();
  const bus = sessionBus({ busAddress: place.address });
  const ended = Promise.withResolvers<unknown>();
  bus.on("error", ended.resolve);
  await once(bus, "connect");
  expect(await bus.requestName("org.bluez", 0)).toBe(1);
  await expect(bus.getProxyObject("org.example.Nobody", "/")).rejects.toThrow("org.example.Nobody");
  await place.stop();
  await place.stop();
  bus.disconnect();
  const late = sessionBus({ busAddress: place.address });
  late.on("error", ended.resolve);
  expect(await ended.promise).toMatchObject({ code: "ENOENT" });
});
