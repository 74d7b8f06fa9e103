import { expect } from "vitest";
import { iotHubConnector } from "../../cloud-sync/mqtt/iot-hub/iot-hub-connector.ts";
import type { IotHubOptions } from "../../cloud-sync/mqtt/iot-hub/iot-hub-connector.ts";
import type { ConnectOptions, Connector } from "../../cloud-sync/mqtt/connection.ts";
import { mqttConnector } from "../../cloud-sync/mqtt/mqttjs-connection.ts";
import { createForwarder } from "../../cloud-sync/uplink/forwarder.ts";
import type { Forwarder } from "../../cloud-sync/uplink/forwarder.ts";
import type { ForwarderOptions, ForwarderPorts } from "../../cloud-sync/uplink/forwarder-options.ts";
import type { RemoteSettings } from "../../cloud-sync/contract/control.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import type { DeviceIdentity } from "../../simulators/iot-hub/hub-device.ts";
import { startSimulatedIotHub } from "../../simulators/iot-hub/simulated-iot-hub.ts";
import type { SimulatedIotHub } from "../../simulators/iot-hub/simulated-iot-hub.ts";
import { seededRandom } from "../../simulators/random.ts";
import { createTestAuthority } from "./hub-certificates.ts";
import type { TestAuthority } from "./hub-certificates.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";
import type { MemoryOutbox } from "./memory-outbox.ts";
import { realClock } from "./real-clock.ts";

export const hubName = "carepost-test.azure-devices.net";
export const hubDevice = "gw-0001";
export const deviceKey = Buffer.from("a key of thirty-two octets, fine").toString("base64");

/** A simulated hub on loopback with one device, and what reaches it. */
export interface HubRig {
  readonly hub: SimulatedIotHub;
  readonly authority: TestAuthority;
  /** The events that were logged, by name. */
  readonly logged: readonly string[];
  readonly log: Log;
  readonly clock: Clock;
  connector(change?: Partial<IotHubOptions>): Connector;
  connectOptions(change?: Partial<ConnectOptions>): ConnectOptions;
  stop(): Promise<void>;
}

export interface HubRigOptions {
  readonly auth?: DeviceIdentity["auth"];
  readonly clock?: Clock;
}

export async function startHubRig({ auth, clock = realClock }: HubRigOptions = {}): Promise<HubRig> {
  const authority = createTestAuthority("Test authority");
  const device: DeviceIdentity = { id: hubDevice, auth: auth ?? { type: "sas", keys: [deviceKey] } };
  const tls = { ...authority.issue("localhost", "subjectAltName=DNS:localhost"), clientAuthority: authority.cert };
  const hub = await startSimulatedIotHub({ clock, hostName: hubName, devices: [device], tls });
  const logged: string[] = [];
  const record = (event: string): void => void logged.push(event);
  const log: Log = { error: record, warn: record, info: record, debug: record };
  const usual: IotHubOptions = { hostName: hubName, deviceId: null, sasKey: () => deviceKey, tokenS: 3600 };
  return {
    hub,
    authority,
    logged,
    log,
    clock,
    connector: (change) =>
      iotHubConnector({ inner: mqttConnector(), clock, random: seededRandom(1), log }, { ...usual, ...change }),
    connectOptions: (change) => ({
      url: hub.url,
      clientId: hubDevice,
      protocol: "auto",
      keepAliveS: 30,
      connectTimeoutMs: 10_000,
      tls: () => ({ ca: authority.cert, cert: null, key: null }),
      ...change,
    }),
    stop: async () => {
      await hub.stop();
      authority.remove();
    },
  };
}

/** A forwarder that runs against the hub of a rig. */
export interface HubGateway {
  readonly forwarder: Forwarder;
  readonly outbox: MemoryOutbox;
  readonly settings: readonly RemoteSettings[];
  stop(): Promise<void>;
}

export interface HubGatewayOptions {
  readonly forwarder?: Partial<ForwarderOptions>;
  readonly ports?: Partial<ForwarderPorts>;
  readonly hub?: Partial<IotHubOptions>;
}

export function startHubGateway(rig: HubRig, { forwarder, ports, hub }: HubGatewayOptions = {}): HubGateway {
  const outbox = createMemoryOutbox();
  const settings: RemoteSettings[] = [];
  const { url, tls } = rig.connectOptions();
  const subject = createForwarder(
    {
      outbox,
      connector: rig.connector(hub),
      clock: rig.clock,
      random: seededRandom(2),
      log: rig.log,
      describe: () => ({ held: 0, clock: "trusted", alarm: null }),
      commands: {
        syncNow: () => Promise.resolve(),
        setConfig: (wanted) => {
          settings.push(wanted);
          return Promise.resolve();
        },
        forgetDevice: () => Promise.reject(new Error("no such device")),
        followRoster: () => Promise.resolve(),
      },
      ...ports,
    },
    { gateway: hubDevice, url, tls, version: "0.1.0", bootId: "boot-1", acknowledge: "puback", ...forwarder },
  );
  const stopping = new AbortController();
  const running = subject.run(stopping.signal);
  return {
    forwarder: subject,
    outbox,
    settings,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** A batch, a state or a result: what tests look at. */
interface SaidMessage {
  readonly batch: string;
  readonly readings: readonly { readonly n: number }[];
  readonly online: boolean;
}

/** What a message of the gateway says, inside of its CloudEvent. */
export function saidIn(body: Uint8Array): SaidMessage {
  const event: { readonly data: SaidMessage } = JSON.parse(Buffer.from(body).toString());
  expect(event).toMatchObject({ specversion: "1.0", source: `/gateways/${hubDevice}` });
  return event.data;
}
