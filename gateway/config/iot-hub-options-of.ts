import type { IotHubOptions } from "../../cloud-sync/mqtt/iot-hub/iot-hub-connector.ts";
import { iotHubErrors } from "../../cloud-sync/mqtt/iot-hub/iot-hub-error.ts";
import { isSasKey } from "../../cloud-sync/mqtt/iot-hub/sas-token.ts";
import type { Environment } from "./config-environment.ts";
import { readSecret } from "./database-key.ts";
import type { GatewayConfig } from "./gateway-config.ts";

/**
 * How to enter the hub, where the uplink is one. The key is read here, and anew for each token, so that one that was
 * rolled is used without a restart; what is no key then leaves the last that was one.
 *
 * @throws `key-unreadable`, `key-exposed` or `iot-hub-key-malformed`
 */
export function iotHubOptionsOf(
  { uplink }: Pick<GatewayConfig, "uplink">,
  environment: Environment,
): IotHubOptions | undefined {
  if (uplink.dialect !== "azure-iot-hub") return undefined;
  const { hostName, deviceId, sasKeyFile, tokenS } = uplink.iotHub;
  const read = (): string | null => readSecret(sasKeyFile, "carepost-iot-hub-key", environment)?.trim() ?? null;
  let last = read();
  if (last !== null && !isSasKey(last)) {
    throw iotHubErrors.make("iot-hub-key-malformed", "the file of the device's key does not hold base64 alone");
  }
  const sasKey = (): string => {
    try {
      const current = read();
      if (current !== null && isSasKey(current)) last = current;
    } catch {
      // A file that is being replaced is there again at the next token.
    }
    return last ?? "";
  };
  return {
    hostName: hostName ?? URL.parse(uplink.url)?.hostname ?? "",
    deviceId,
    sasKey: last === null ? null : sasKey,
    tokenS,
  };
}
