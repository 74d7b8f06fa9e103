import type mqtt from "mqtt";
import { connectionErrors } from "./connection-error.ts";
import type { BrokerConnection, ConnectionEnd, MessageListener, OutgoingMessage } from "./connection.ts";
import { asBuffer } from "./mqttjs-options.ts";
import { reasonText, refusedPublish, refusedSubscribe } from "./reason-code.ts";

/** An MQTT client that has its CONNACK, and what the broker said of itself in it. */
export interface ConnectedClient {
  readonly client: mqtt.MqttClient;
  readonly protocol: "5" | "3.1.1";
  readonly receiveMaximum: number;
  /** The largest packet that the broker takes, in bytes; infinity where it does not say. */
  readonly packetBytesMax: number;
  /** False where it says that it has none. */
  readonly sharedSubscriptions: boolean;
}

/** One mqtt.js client as one connection. `test/conformance/mqttjs.test.ts` pins what it relies on. */
export class MqttJsConnection implements BrokerConnection {
  readonly protocol: "5" | "3.1.1";
  readonly receiveMaximum: number;
  readonly sharedSubscriptions: boolean;
  readonly closed: Promise<ConnectionEnd>;
  readonly #client: mqtt.MqttClient;
  readonly #packetBytesMax: number;
  /** The rejections of all that is under way: mqtt.js never calls back for a message whose socket was lost. */
  readonly #underWay = new Set<(error: Error) => void>();
  #end: ConnectionEnd | null = null;
  #over = false;
  /** Messages that came before anybody listened, as those of a session that the broker kept: they are told first of all. */
  readonly #early: (() => void)[] = [];
  #listener: MessageListener = (message) =>
    new Promise((resolve) => this.#early.push(() => resolve(this.#listener(message))));

  constructor({ client, protocol, receiveMaximum, packetBytesMax, sharedSubscriptions }: ConnectedClient) {
    this.#client = client;
    this.protocol = protocol;
    this.receiveMaximum = receiveMaximum;
    this.sharedSubscriptions = sharedSubscriptions;
    this.#packetBytesMax = packetBytesMax;
    const closed = Promise.withResolvers<ConnectionEnd>();
    this.closed = closed.promise;
    // mqtt.js waits for "drain" once for each message that a full socket holds back; callers bound how many there are.
    client.stream.setMaxListeners(0);
    client.handleMessage = (packet, done) => this.#handle(packet, done);
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

  unsubscribe(filter: string): Promise<void> {
    if (this.#over) return Promise.reject(this.#lost());
    return new Promise((resolve, reject) => {
      this.#underWay.add(reject);
      this.#client.unsubscribe(filter, (error) => {
        this.#underWay.delete(reject);
        if (isFailure(error)) reject(this.#lost());
        else resolve();
      });
    });
  }

  /**
   * mqtt.js reads the next packet only after `done`, and answers a message itself unless `done` is given an error. So
   * what is acknowledged later is told as an error, which nobody hears, and its PUBACK is written here.
   */
  #handle({ topic, payload, retain, qos, messageId }: mqtt.IPublishPacket, done: (error?: Error) => void): void {
    const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
    const taken = this.#listener({ topic, payload: bytes, retain });
    const packetId = qos === 1 && messageId !== undefined ? messageId : null;
    if (taken instanceof Promise) void this.#acknowledgeAfter(taken, packetId);
    done(taken instanceof Promise && packetId !== null ? answeredLater : undefined);
  }

  onMessage(listener: MessageListener): void {
    this.#listener = listener;
    for (const tell of this.#early.splice(0)) tell();
  }

  async #acknowledgeAfter(taken: Promise<unknown>, packetId: number | null): Promise<void> {
    try {
      await taken;
    } catch {
      // Whoever rejected has said why: here it only means that there is no PUBACK.
      return;
    }
    if (this.#over || packetId === null) return;
    const { stream } = this.#client;
    // A commit answers many messages at once: they leave in one packet of the network.
    stream.cork();
    stream.write(pubackPacket(packetId));
    process.nextTick(() => stream.uncork());
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

const answeredLater = new Error("acknowledged later");

/** MQTT 5 §3.4 and MQTT 3.1.1 §3.4: without a reason code it means success in both. */
const pubackPacket = (packetId: number): Buffer => Buffer.of(0x40, 2, packetId >> 8, packetId & 0xff);

function publishOptions({ qos, retain, contentType }: OutgoingMessage): mqtt.IClientPublishOptions {
  return contentType === undefined ? { qos, retain } : { qos, retain, properties: { contentType } };
}

/** mqtt.js says `null` or nothing where all is well, whatever its types say. */
const isFailure = (error: unknown): error is Error => error instanceof Error;
