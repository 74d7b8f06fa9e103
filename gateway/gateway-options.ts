import type { IotHubOptions } from "../cloud-sync/mqtt/iot-hub/iot-hub-connector.ts";
import type { ForwarderOptions, ForwarderTuning } from "../cloud-sync/uplink/forwarder-options.ts";
import type { CollectOptions } from "./collect/collect-options.ts";
import type { SupervisionOptions } from "./collect/supervision-options.ts";
import type { RadioOptions } from "./radio/radio-options.ts";
import type { StoreLimits } from "./store/store-limits.ts";

/** All that one gateway is told. The configuration is mapped onto it. */
export interface GatewayOptions extends OperationOptions {
  readonly radio: RadioOptions;
  /** Where the gateway keeps its own key and certificate, and where it renews them; null where it has none of its own. */
  readonly identity: { readonly folder: string; readonly enrolUrl: string } | null;
  readonly store: {
    readonly path: string;
    /** 32 octets; null for a database without encryption. */
    readonly key: Uint8Array | null;
    readonly limits?: Partial<StoreLimits>;
  };
  /** The uplink is an IoT Hub; absent for a broker of our own topics. */
  readonly iotHub?: IotHubOptions | undefined;
}

export interface OperationOptions {
  /** The gateway id of the delivery contract. */
  readonly gateway: string;
  readonly version: string;
  /** What it is for; absent where it is neither in a home nor in a store. */
  readonly profile?: "hub" | "kiosk" | null;
  /** Of the IANA database: what the clocks of the devices show. */
  readonly timeZone: string;
  readonly clock: {
    /** Something that is not systemd sets this machine's clock before the gateway starts. */
    readonly assumeSynchronised: boolean;
  };
  readonly collect: CollectOptions;
  readonly supervision: SupervisionOptions;
  readonly uplink: Partial<ForwarderTuning> & Pick<ForwarderOptions, "url" | "tls">;
}
