import type mqtt from "mqtt";
import { connectionErrors } from "./connection-error.ts";
import type { BrokerConnection, ConnectionEnd, IncomingMessage, OutgoingMessage } from "./connection.ts";
import { asBuffer } from "./mqttjs-options.ts";
import { reasonText, refusedPublish, refusedSubscribe } from "./reason-code.ts";

/** An MQTT client that has its CONNACK, and what the broker said of itself in it. */
export interface ConnectedClient {
  readonly client: mqtt.MqttClient;
  readonly protocol: "5" | "3.1.1";
  readonly receiveMaximum: number;
  /** The largest packet that the broker takes, in bytes; infinity where it does not say. */
  readonly packetBytesMax: number;
}

/** One mqtt.js client as one connection. `test/conformance/mqttjs.test.ts` pins what it relies on. */
export class MqttJsConnection implements BrokerConnection {
  readonly protocol: "5" | "3.1.1";
  readonly receiveMaximum: number;
  readonly closed: Promise<ConnectionEnd>;
  readonly #client: mqtt.MqttClient;
  readonly #packetBytesMax: number;
  /** The rejections of all that is under way: mqtt.js never calls back for a message whose socket was lost. */
  readonly #underWay = new Set<(error: Error) => void>();
  #end: ConnectionEnd | null = null;
  #over = false;
  /** A session that the broker kept may bring messages before anybody listens: they are told first of all. */
  #early: IncomingMessage[] = [];
  #listener = (message: IncomingMessage): void => void this.#early.push(message);

  constructor({ client, protocol, receiveMaximum, packetBytesMax }: ConnectedClient) {
    this.#client = client;
    this.protocol = protocol;
    this.receiveMaximum = receiveMaximum;
    this.#packetBytesMax = packetBytesMax;
    const closed = Promise.withResolvers<ConnectionEnd>();
    this.closed = closed.promise;
    client.on("message", (topic, payload, packet) => this.#listener({ topic, payload, retain: packet.retain }));
    client.on("disconnect", (packet) => {
      this.#endBecause({ by: "peer", reason: reasonText(packet.reasonCode ?? 0) });
      client.stream.destroy();
    });
    client.stream.on("end", () => {
      this.#endBecause({ by: "peer", reason: "the broker closed the connection" });
    });
    client.on("error", (error) => {
      // Whatever mqtt.js calls an error here (malformed bytes, keep-alive missed) leaves a connection that is of no use.
      this.#endBecause({ by: "network", reason: error.message });
      client.stream.destroy();
    });
    client.on("close", () => {
      this.#endBecause({ by: "network", reason: "the connection broke" });
      closed.resolve(this.#end ?? { by: "network", reason: "the connection broke" });
    });
  }

  publish(message: OutgoingMessage): Promise<void> {
    if (this.#over) return Promise.reject(this.#lost());
    // Fixed header, topic length, packet identifier and the properties that are ever sent fit in 64 bytes.
    if (message.payload.byteLength + message.topic.length * 3 + 64 > this.#packetBytesMax) {
      return Promise.reject(
        connectionErrors.make("packet-too-large", "the message is larger than the broker says it takes", {
          context: { payloadBytes: message.payload.byteLength, packetBytesMax: this.#packetBytesMax },
        }),
      );
    }
    return new Promise((resolve, reject) => {
      this.#underWay.add(reject);
      this.#client.publish(message.topic, asBuffer(message.payload), publishOptions(message), (error) => {
        this.#underWay.delete(reject);
        if (!isFailure(error)) resolve();
        else reject("code" in error && typeof error.code === "number" ? refusedPublish(error.code) : this.#lost());
      });
    });
  }

  subscribe(filter: string, qos: 0 | 1): Promise<void> {
    if (this.#over) return Promise.reject(this.#lost());
    return new Promise((resolve, reject) => {
      this.#underWay.add(reject);
      this.#client.subscribe(filter, { qos }, (error, _granted, packet) => {
        this.#underWay.delete(reject);
        const reasonCode = packet?.granted.map(Number).find((code) => code >= 0x80);
        if (!isFailure(error)) resolve();
        else reject(reasonCode === undefined ? this.#lost() : refusedSubscribe(reasonCode));
      });
    });
  }

  onMessage(listener: (message: IncomingMessage) => void): void {
    this.#listener = listener;
    const early = this.#early;
    this.#early = [];
    for (const message of early) listener(message);
  }

  async close(): Promise<void> {
    if (!this.#over) {
      this.#endBecause({ by: "us", reason: "closed" });
      // mqtt.js waits with DISCONNECT until all that is under way is acknowledged, which may be never.
      this.#client.outgoing = {};
      this.#client.end();
    }
    // A peer that is gone does not close its half, and a socket whose buffer is full does not send.
    const impatience = setTimeout(() => this.#client.stream.destroy(), closeTimeoutMs);
    await this.closed;
    clearTimeout(impatience);
  }

  destroy(): void {
    this.#endBecause({ by: "us", reason: "destroyed" });
    this.#client.stream.destroy();
  }

  #endBecause(end: ConnectionEnd): void {
    this.#over = true;
    this.#end ??= end;
    if (this.#underWay.size === 0) return;
    const rejections = [...this.#underWay];
    this.#underWay.clear();
    for (const reject of rejections) reject(this.#lost());
  }

  #lost(): Error {
    const reason = this.#end?.reason ?? "the connection broke";
    return connectionErrors.make("connection-lost", `the connection to the broker is gone: ${reason}`);
  }
}

const closeTimeoutMs = 1_000;

function publishOptions({ qos, retain, contentType }: OutgoingMessage): mqtt.IClientPublishOptions {
  return contentType === undefined ? { qos, retain } : { qos, retain, properties: { contentType } };
}

/** mqtt.js says `null` or nothing where all is well, whatever its types say. */
const isFailure = (error: unknown): error is Error => error instanceof Error;
