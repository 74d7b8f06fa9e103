import { ok } from "../../device-drivers/kit/result.ts";
import { encodeRacpResponse } from "../../device-drivers/kit/racp.ts";
import { addIdentity, type DeviceIdentity } from "../../simulators/peripherals/device-identity.ts";
import { GattTable } from "../../simulators/peripherals/gatt-table.ts";
import type { PeripheralLink, VirtualPeripheral } from "../../simulators/peripherals/virtual-peripheral.ts";

/** A device that says exactly the octets that it is given, however wrong they are, each time that it is asked. */
export function rawCuff(identity: DeviceIdentity, frames: readonly Uint8Array[]): VirtualPeripheral {
  const table = new GattTable();
  addIdentity(table, identity);
  const measurement = table.add({ service: "1810", uuid: "2A35", properties: ["indicate"] });
  const dump = async (link: PeripheralLink): Promise<void> => {
    for (const frame of frames) if ((await link.indicate(measurement.handle, frame)) !== "confirmed") return;
  };
  return {
    ...appearance(identity, "1810"),
    characteristics: table.characteristics,
    accept: (link) =>
      table.session({
        configure: (handle, enabled) => {
          if (handle === measurement.handle && enabled) void dump(link);
          return ok(undefined);
        },
      }),
  };
}

/** The same as a meter: every request for records is answered with all of these octets. */
export function rawMeter(identity: DeviceIdentity, frames: readonly Uint8Array[]): VirtualPeripheral {
  const table = new GattTable();
  addIdentity(table, identity);
  const measurement = table.add({ service: "1808", uuid: "2A18", properties: ["notify"] });
  const control = table.add({ service: "1808", uuid: "2A52", properties: ["write", "indicate"] });
  const report = async (link: PeripheralLink, opCode: number): Promise<void> => {
    if (opCode === 1) for (const frame of frames) await link.notify(measurement.handle, frame);
    const answer =
      opCode === 4
        ? encodeRacpResponse({ type: "number-of-records", count: frames.length })
        : encodeRacpResponse({ type: "response", requestOpCode: opCode, responseCode: 1 });
    await link.indicate(control.handle, answer);
  };
  return {
    ...appearance(identity, "1808"),
    characteristics: table.characteristics,
    accept: (link) =>
      table.session({
        write: (handle, value) => {
          if (handle !== control.handle) return null;
          void report(link, value[0] ?? 0);
          return ok(undefined);
        },
        configure: () => ok(undefined),
      }),
  };
}

const appearance = (
  { address, addressKind, name }: DeviceIdentity,
  service: string,
): Omit<VirtualPeripheral, "characteristics" | "accept"> => ({
  address,
  addressKind,
  name,
  services: [service],
  requiresBond: false,
  isAdvertising: () => true,
});
