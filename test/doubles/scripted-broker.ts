import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { topicMatches } from "../../cloud-sync/mqtt/topic-filter.ts";
import { connack, pingresp, puback, publish, readPackets, suback } from "./mqtt-bytes.ts";
import type { MqttVersion, SeenPacket, SeenWill } from "./mqtt-bytes.ts";

/** A small broker on loopback that speaks MQTT 3.1.1 and 5, and does with each packet what the test says. */
export interface ScriptedBroker {
  readonly url: string;
  /** Every packet that came, in order. */
  readonly seen: readonly SeenPacket[];
  /** What is answered instead of the right thing: bytes, nothing (`[]`), or the end of the connection. */
  readonly script: {
    connect: (version: MqttVersion) => Answer;
    publish: (packet: SeenPublish, version: MqttVersion) => Answer;
    subscribe: (packetId: number, version: MqttVersion) => Answer;
    ping: () => Answer;
  };
  /** Hears every message, and every last will. */
  readonly delivered: readonly SeenWill[];
  /** Publishes as another client would. */
  publish(message: SeenWill): void;
  cut(): void;
  stop(): Promise<void>;
}

export type SeenPublish = SeenPacket & { readonly type: "publish" };
/** Null leaves it to the broker. */
export type Answer = readonly Uint8Array[] | "close" | null;

interface Client {
  readonly socket: Socket;
  version: MqttVersion;
  will: SeenWill | null;
  readonly filters: string[];
  arrived: Buffer;
}

export async function startScriptedBroker(): Promise<ScriptedBroker> {
  const broker = new LoopbackBroker();
  await broker.listen();
  return broker;
}

class LoopbackBroker implements ScriptedBroker {
  readonly seen: SeenPacket[] = [];
  readonly delivered: SeenWill[] = [];
  readonly script: ScriptedBroker["script"] = {
    connect: () => null,
    publish: () => null,
    subscribe: () => null,
    ping: () => null,
  };
  readonly #clients = new Set<Client>();
  readonly #retained = new Map<string, Uint8Array>();
  readonly #server: Server = createServer((socket) => this.#accept(socket));

  get url(): string {
    return `mqtt://127.0.0.1:${portOf(this.#server.address())}`;
  }

  async listen(): Promise<void> {
    const listening = Promise.withResolvers<void>();
    this.#server.listen(0, "127.0.0.1", listening.resolve);
    await listening.promise;
  }

  publish(message: SeenWill): void {
    this.delivered.push(message);
    if (message.retain) this.#retained.set(message.topic, message.payload);
    for (const client of this.#clients) {
      if (!client.filters.some((filter) => topicMatches(filter, message.topic))) continue;
      client.socket.write(publish(client.version, { ...message, retain: false }));
    }
  }

  cut(): void {
    for (const client of this.#clients) client.socket.destroy();
  }

  async stop(): Promise<void> {
    const closed = Promise.withResolvers<void>();
    this.#server.close(() => closed.resolve());
    this.cut();
    await closed.promise;
  }

  #accept(socket: Socket): void {
    const client: Client = { socket, version: 4, will: null, filters: [], arrived: Buffer.alloc(0) };
    this.#clients.add(client);
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => this.#hear(client, chunk));
    socket.on("close", () => {
      this.#clients.delete(client);
      if (client.will !== null) this.publish(client.will);
    });
  }

  #hear(client: Client, chunk: Buffer): void {
    const { packets, taken } = readPackets(Buffer.concat([client.arrived, chunk]), client.version);
    client.arrived = Buffer.concat([client.arrived, chunk]).subarray(taken);
    for (const packet of packets) {
      this.seen.push(packet);
      this.#answer(client, this.#scripted(client, packet) ?? this.#usual(client, packet));
    }
  }

  #answer(client: Client, answer: Exclude<Answer, null>): void {
    if (answer === "close") client.socket.destroy();
    else for (const bytes of answer) client.socket.write(bytes);
  }

  #scripted(client: Client, packet: SeenPacket): Answer {
    if (packet.type === "connect") return this.script.connect(packet.version);
    if (packet.type === "publish") return this.script.publish(packet, client.version);
    if (packet.type === "subscribe") return this.script.subscribe(packet.packetId, client.version);
    return packet.type === "pingreq" ? this.script.ping() : null;
  }

  #usual(client: Client, packet: SeenPacket): readonly Uint8Array[] {
    switch (packet.type) {
      case "connect":
        client.version = packet.version;
        client.will = packet.will;
        return [connack(packet.version, 0)];
      case "publish":
        this.publish({ topic: packet.topic, payload: Uint8Array.from(packet.payload), retain: packet.retain });
        return packet.qos === 0 ? [] : [puback(client.version, packet.packetId)];
      case "subscribe":
        client.filters.push(...packet.filters);
        return [
          suback(
            client.version,
            packet.packetId,
            packet.filters.map(() => 1),
          ),
          ...this.#retainedFor(client),
        ];
      case "pingreq":
        return [pingresp()];
      case "disconnect":
        client.will = null;
        client.socket.end();
        break;
      case "puback":
        break;
    }
    return [];
  }

  #retainedFor(client: Client): readonly Uint8Array[] {
    return [...this.#retained]
      .filter(([topic]) => client.filters.some((filter) => topicMatches(filter, topic)))
      .map(([topic, payload]) => publish(client.version, { topic, payload, retain: true }));
  }
}

const portOf = (address: AddressInfo | string | null): number =>
  address !== null && typeof address === "object" ? address.port : 0;
