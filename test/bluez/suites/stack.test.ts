import { existsSync } from "node:fs";
import { expect, test } from "vitest";

test("there is a message bus and a virtual controller device", () => {
  expect(existsSync("/run/dbus/system_bus_socket")).toBe(true);
  expect(existsSync("/dev/vhci")).toBe(true);
});
