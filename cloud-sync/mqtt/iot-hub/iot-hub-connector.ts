import type { Clock, Random } from "../../../device-drivers/ports/clock.ts";
import type { Log } from "../../../device-drivers/ports/log.ts";
import { connectionErrors } from "../connection-error.ts";
import type { BrokerConnection, ConnectOptions, Connector, MqttLogin, OutgoingMessage } from "../connection.ts";
import { IotHubConnection, telemetryOf } from "./iot-hub-connection.ts";
import { iotHubErrors } from "./iot-hub-error.ts";
import { RenewingConnection } from "./renewing-connection.ts";
import type { OpenedConnection } from "./renewing-connection.ts";
import { isSasKey, sasToken } from "./sas-token.ts";

export interface IotHubPorts {
  /** Makes the network connections. */
  readonly inner: Connector;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface IotHubOptions {
  /** The hub's own name, `contoso.azure-devices.net`, also where another address leads to it. */
  readonly hostName: string;
  /** Null: the gateway id. */
  readonly deviceId: string | null;
  /** The device's symmetric key in base64, asked anew for each connection; null: the certificate of `tls` alone. */
  readonly sasKey: (() => string) | null;
  /** How long a token is good for, in seconds. */
  readonly tokenS: number;
  /** How long a command may take that came as a direct method. A hub waits 30 s if its caller does not say. */
  readonly methodTimeoutMs?: number;
}

/**
 * Connections to an Azure IoT Hub, which has topics of its own and no others. Wraps a connector of MQTT: what uses it
 * speaks our contract and need not know.
 *
 * @see https://learn.microsoft.com/azure/iot/iot-mqtt-connect-to-iot-hub "Using the MQTT protocol directly (as a device)"
 */
export function iotHubConnector(ports: IotHubPorts, options: IotHubOptions): Connector {
  return {
    async connect(wanted, signal) {
      const deviceId = options.deviceId ?? wanted.clientId;
      const open = async (openSignal: AbortSignal): Promise<OpenedConnection> => {
        const connection = await enter(ports.inner, hubConnect(ports, { ...options, deviceId }, wanted), openSignal);
        return { connection, renewInMs: renewInMs(options, ports.random) };
      };
      checkUrl(wanted.url);
      const first = await open(signal);
      const { clock, log, random } = ports;
      let told = (): void => undefined;
      const renewing = new RenewingConnection(
        {
          clock,
          log,
          open: async (openSignal) => {
            const next = await open(openSignal);
            told();
            return next;
          },
        },
        first,
      );
      const methodTimeoutMs = options.methodTimeoutMs ?? 25_000;
      const parts = { clock, log, random, gateway: wanted.clientId, deviceId, methodTimeoutMs };
      const connection = new IotHubConnection(renewing, parts);
      told = () => connection.renewed();
      return connection;
    },
  };
}

/** The load balancer in front of a hub ends what is silent for 1767 s, one and a half times this. */
const keepAliveMaxS = 1_177;

interface HubConnect extends ConnectOptions {
  /** Is it a token that lets us in? */
  readonly byToken: boolean;
  readonly now: number;
}

function hubConnect(
  { clock }: IotHubPorts,
  hub: IotHubOptions & { readonly deviceId: string },
  wanted: ConnectOptions,
): HubConnect {
  const { deviceId, sasKey } = hub;
  const now = clock.now();
  const login = (): MqttLogin => ({
    username: `${hub.hostName}/${deviceId}/?api-version=2021-04-12`,
    password: sasKey === null ? null : tokenOf(hub, sasKey(), now),
  });
  return {
    ...wanted,
    clientId: deviceId,
    protocol: "3.1.1",
    keepAliveS: Math.min(wanted.keepAliveS, keepAliveMaxS),
    // What the hub holds for us must survive the moment between two connections.
    session: "kept",
    login,
    ...(wanted.will === undefined ? {} : { will: willOf(deviceId, wanted.will) }),
    byToken: sasKey !== null,
    now,
  };
}

const willOf = (deviceId: string, will: OutgoingMessage): OutgoingMessage => telemetryOf(deviceId, "state", will);

function tokenOf(hub: IotHubOptions & { readonly deviceId: string }, key: string, now: number): string {
  if (!isSasKey(key)) throw iotHubErrors.make("iot-hub-key-malformed", "the device's key is not base64");
  const resource = `${hub.hostName}/devices/${hub.deviceId}`;
  return sasToken({ resource, key, expiresAtS: Math.floor(now / 1000) + hub.tokenS });
}

/** Between 60 and 80 per cent of a token's life: early enough for more tries, and a fleet does not come at once. */
const renewInMs = ({ sasKey, tokenS }: IotHubOptions, random: Random): number | null =>
  sasKey === null ? null : tokenS * 1000 * (0.6 + 0.2 * random());

async function enter(inner: Connector, options: HubConnect, signal: AbortSignal): Promise<BrokerConnection> {
  try {
    return await inner.connect(options, signal);
  } catch (cause) {
    if (!connectionErrors.is(cause, "not-authorized")) throw cause;
    if (options.byToken && options.now < clockPlausibleFrom) {
      throw iotHubErrors.make("iot-hub-clock-wrong", "the hub refuses a token that was made in the past", { cause });
    }
    const { reasonCode = null } = cause.context;
    throw iotHubErrors.make("iot-hub-unauthorized", "the hub does not let this device in", {
      cause,
      context: { reasonCode, byToken: options.byToken },
    });
  }
}

/** No machine that runs this program has an earlier time by right. */
const clockPlausibleFrom = Date.UTC(2026, 0, 1);

function checkUrl(url: string): void {
  if (URL.parse(url)?.protocol === "mqtts:") return;
  throw iotHubErrors.make("iot-hub-unencrypted", "the address of an IoT Hub begins with mqtts://");
}
