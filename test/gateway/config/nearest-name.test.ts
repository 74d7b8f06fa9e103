import { expect, test } from "vitest";
import { nearestName } from "../../../gateway/config/nearest-name.ts";

test("a misspelt name finds the one that was meant", () => {
  const names = ["gateway", "radio", "store", "uplink", "log"];
  expect(nearestName("gatway", names)).toBe("gateway");
  expect(nearestName("Uplnik", names)).toBe("uplink");
  expect(nearestName("logs", names)).toBe("log");
});

test("a name that is near none finds nothing", () => {
  expect(nearestName("kitchen", ["gateway", "radio"])).toBeNull();
  expect(nearestName("x", [])).toBeNull();
});
