import { z } from "zod";
import { gatewayId } from "../../cloud-sync/contract/reading.ts";
import { filePath, seconds } from "./config-values.ts";

/** What the dialect azure-iot-hub wants to know beside the hub's address, which is `uplink.url`. */
export const iotHub = z.strictObject({
  hostName: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/, "is not a host name, such as contoso.azure-devices.net")
    .nullable()
    .default(null)
    .describe("The hub's own name, for example contoso.azure-devices.net. Null: the host of uplink.url."),
  deviceId: gatewayId
    .nullable()
    .default(null)
    .describe("The device's id at the hub, letter by letter. Null: the gateway's id."),
  sasKeyFile: filePath
    .nullable()
    .default(null)
    .describe(
      "A file with the device's primary key, readable by its owner alone. Null: the systemd credential carepost-iot-hub-key, or the gateway's certificate.",
    ),
  tokenS: seconds(60, 86_400)
    .default(3600)
    .describe("How long each token is good for that is made of the key, in seconds; it is renewed in time."),
});
