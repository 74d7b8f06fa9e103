import mqtt from "mqtt";
import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { brokerStream } from "./broker-stream.ts";
import { closedUnanswered, connectFailure } from "./connect-failure.ts";
import { connectionErrors } from "./connection-error.ts";
import type { BrokerConnection, ConnectOptions, Connector } from "./connection.ts";
import { clientOptions } from "./mqttjs-options.ts";
import { MqttJsConnection } from "./mqttjs-session.ts";

/** Connections to a real broker through mqtt.js, over TCP (`mqtt://`) or TLS (`mqtts://`). */
export function mqttConnector(): Connector {
  /** Brokers that were found to speak MQTT 3.1.1 only: trying 5 first each time would double a fleet's connections. */
  const olderBrokers = new Set<string>();
  return {
    async connect(options, signal) {
      checkUrl(options.url);
      if (options.protocol !== "auto") return await attempt(options, options.protocol, signal);
      if (!olderBrokers.has(options.url)) {
        const first = await attempt(options, "5", signal).catch((error: unknown) => error);
        if (first instanceof MqttJsConnection) return first;
        if (!doubtsTheVersion(first)) throw first;
      }
      // Forgotten before the attempt and learnt anew by its success, so that an upgraded broker is noticed.
      olderBrokers.delete(options.url);
      const connection = await attempt(options, "3.1.1", signal);
      olderBrokers.add(options.url);
      return connection;
    },
  };
}

function checkUrl(text: string): void {
  const url = URL.parse(text);
  if (url !== null && url.hostname !== "" && ["mqtt:", "mqtts:"].includes(url.protocol)) return;
  throw connectionErrors.make("broker-url-invalid", "the broker's address is not mqtt:// or mqtts://");
}

/** Some brokers answer an unknown version with a reason code, others by closing the socket without a word. */
const doubtsTheVersion = (error: unknown): boolean =>
  connectionErrors.is(error, "broker-version-refused") ||
  (connectionErrors.is(error, "broker-refused") && error.context["closedUnanswered"] === true);

/** Throws `own-certificate-unusable`: it is tried again, because what is wrong with a file today may be mended tomorrow. */
function startClient(options: ConnectOptions, protocolVersion: 4 | 5): mqtt.MqttClient {
  try {
    return new mqtt.MqttClient(() => brokerStream(options), clientOptions(options, protocolVersion));
  } catch (cause) {
    // Whoever was asked for a login has said what is wrong.
    if (cause instanceof CarepostError) throw cause;
    const reason = cause instanceof Error ? cause.message : "unknown";
    const message = `this machine's certificate, its key or the authorities cannot be used: ${reason}`;
    throw connectionErrors.make("own-certificate-unusable", message, { cause });
  }
}

function attempt(options: ConnectOptions, protocol: "5" | "3.1.1", signal: AbortSignal): Promise<BrokerConnection> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const client = startClient(options, protocol === "5" ? 5 : 4);
    // mqtt.js keeps to itself what the peer says of our certificate, because it says so after the handshake.
    let streamFailure: Error | null = null;
    client.stream.on("error", (error) => (streamFailure ??= error));
    const stopListening = (): void => {
      client.off("connect", onConnect);
      client.off("error", onError);
      client.off("close", onClose);
      signal.removeEventListener("abort", onAbort);
    };
    const giveUp = (reason: unknown): void => {
      stopListening();
      client.end(true);
      reject(reason);
    };
    const onConnect = (packet: mqtt.IConnackPacket): void => {
      stopListening();
      resolve(
        new MqttJsConnection({
          client,
          protocol,
          receiveMaximum: packet.properties?.receiveMaximum ?? 65_535,
          packetBytesMax: packet.properties?.maximumPacketSize ?? Number.POSITIVE_INFINITY,
          sharedSubscriptions: packet.properties?.sharedSubscriptionAvailable ?? true,
        }),
      );
    };
    const onError = (error: Error): void => giveUp(connectFailure(error));
    const onClose = (): void => giveUp(closedUnanswered(streamFailure));
    const onAbort = (): void => giveUp(signal.reason);
    client.on("connect", onConnect);
    client.on("error", onError);
    client.on("close", onClose);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
