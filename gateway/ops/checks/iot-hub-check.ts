import type { IotHubOptions } from "../../../cloud-sync/mqtt/iot-hub/iot-hub-connector.ts";
import { say, skipped } from "../doctor.ts";
import type { Check } from "../doctor.ts";

/**
 * In place of the broker's checks, where the uplink is an IoT Hub: what can be told without entering, because a hub
 * lets one connection in for each device, and would throw the gateway out that is at work.
 *
 * @param optionsOf throws what is wrong with the key
 */
export const iotHubCheck = (optionsOf: () => IotHubOptions | undefined): Check => ({
  name: "broker",
  run: async () => {
    const { sasKey = null } = (await Promise.try(optionsOf)) ?? {};
    return skipped(say(sasKey === null ? "iot-hub-by-certificate" : "iot-hub-by-key"));
  },
});
