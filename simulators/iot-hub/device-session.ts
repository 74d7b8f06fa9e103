import type { TLSSocket } from "node:tls";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { entry } from "./device-entry.ts";
import type { Entry } from "./device-entry.ts";
import type { DeviceLink, HubDevice } from "./hub-device.ts";
import { filterKindOf, publicationOf, readBag, silenceMaxS, subscriptionsMax, telemetryBytesMax } from "./hub-rules.ts";
import * as mqtt from "./mqtt-packets.ts";
import { telemetryOf } from "./hub-telemetry.ts";
import type { HubTelemetry } from "./hub-telemetry.ts";
import { isProperties } from "./twin-document.ts";

/** What a session asks of its hub. */
export interface HubInside {
  readonly hostName: string;
  readonly clock: Clock;
  device(id: string): HubDevice | null;
  /** A device was let in. */
  entered(): void;
  /** For how long this telemetry waits, or null if the hub refuses it. */
  admitTelemetry(): number | null;
  admitTwin(): boolean;
  /** False swallows the acknowledgement, as a hub that dies at the wrong moment does. */
  acknowledges(): boolean;
  received(telemetry: HubTelemetry): void;
  /** The hub ends a connection, and why. */
  ended(deviceId: string | null, why: string): void;
}

/** One connection, from its first byte to its last. */
export class DeviceSession implements DeviceLink {
  readonly #hub: HubInside;
  readonly #socket: TLSSocket;
  readonly #over = new AbortController();
  /** Called when the device acknowledges, by packet id. */
  readonly #unacknowledged = new Map<number, () => void>();
  #entry: Entry | null = null;
  #arrived = Buffer.alloc(0);
  #packetId = 0;
  #heardMs: number;
  #polite = false;

  constructor(hub: HubInside, socket: TLSSocket) {
    this.#hub = hub;
    this.#socket = socket;
    this.#heardMs = hub.clock.monotonicMs();
    socket.on("data", (bytes) => this.#data(bytes));
    socket.on("error", () => undefined);
    socket.on("close", () => this.#closed());
    void this.#endAfter(connectWaitMs, () => (this.#entry === null ? "no CONNECT in time" : null));
  }

  deliver(topic: string, body: Uint8Array, delivered: () => void): void {
    this.#packetId = (this.#packetId % 65_535) + 1;
    this.#unacknowledged.set(this.#packetId, delivered);
    this.#write(mqtt.publish(topic, body, this.#packetId));
  }

  tell(topic: string, body: Uint8Array): void {
    this.#write(mqtt.publish(topic, body, null));
  }

  drop(why: string): void {
    if (this.#socket.destroyed) return;
    this.#hub.ended(this.#entry?.device.identity.id ?? null, why);
    this.#socket.destroy();
  }

  #data(bytes: Buffer): void {
    this.#arrived = Buffer.concat([this.#arrived, bytes]);
    this.#heardMs = this.#hub.clock.monotonicMs();
    try {
      for (let frame = mqtt.nextFrame(this.#arrived); frame !== null; frame = mqtt.nextFrame(this.#arrived)) {
        this.#arrived = this.#arrived.subarray(frame.bytes);
        this.#packet(mqtt.readPacket(frame));
        if (this.#socket.destroyed) return;
      }
    } catch (error) {
      if (!(error instanceof mqtt.MalformedPacket)) throw error;
      this.drop(error.message);
      return;
    }
    if ((mqtt.announcedBytes(this.#arrived) ?? 0) > telemetryBytesMax + frameSlackBytes) this.#tooLarge();
  }

  #packet(packet: mqtt.ClientPacket): void {
    if (packet.type === "connect") {
      if (this.#entry === null) this.#connect(packet);
      else this.drop("a second CONNECT");
      return;
    }
    const { device } = this.#entry ?? {};
    if (device === undefined) this.drop("a packet before CONNECT");
    else if (packet.type === "publish") this.#publish(device, packet);
    else if (packet.type === "subscribe") this.#subscribe(device, packet);
    else if (packet.type === "unsubscribe") {
      for (const filter of packet.filters) device.subscriptions.delete(filter);
      this.#write(mqtt.unsuback(packet.packetId));
    } else if (packet.type === "puback") {
      this.#unacknowledged.get(packet.packetId)?.();
      this.#unacknowledged.delete(packet.packetId);
    } else if (packet.type === "pingreq") this.#write(mqtt.pingresp());
    else {
      this.#polite = true;
      this.#socket.end();
    }
  }

  #connect(packet: mqtt.ConnectPacket): void {
    const entered = entry(this.#hub, packet, this.#socket);
    if (!entered.ok) {
      this.#write(mqtt.connack(entered.error.returnCode));
      this.#hub.ended(packet.clientId === "" ? null : packet.clientId, entered.error.why);
      this.#socket.end();
      return;
    }
    this.#entry = entered.value;
    this.#hub.entered();
    const { device, clean, expiresAtS, keepAliveS } = entered.value;
    this.#write(mqtt.connack(0, !clean && device.subscriptions.size > 0));
    device.connected(this, clean);
    const nowS = this.#hub.clock.now() / 1000;
    if (expiresAtS !== null) void this.#endAfter((expiresAtS - nowS) * 1000, () => "the token has expired");
    const silenceMs = Math.min(keepAliveS === 0 ? silenceMaxS : keepAliveS * 1.5, silenceMaxS) * 1000;
    void this.#listenFor(silenceMs);
  }

  #publish(device: HubDevice, packet: mqtt.PublishPacket): void {
    const { topic, payload, qos, packetId } = packet;
    const publication = publicationOf(device.identity.id, topic);
    const bag = publication === null ? null : readBag(publication.bag);
    if (qos === 2) this.drop("a message of QoS 2");
    else if (publication === null) this.drop("a topic that the hub does not have");
    else if (bag === null) this.drop("a property bag that is not URL-encoded");
    else if (publication.type === "telemetry") this.#telemetry(device, packet, bag);
    else if (publication.type === "method-answer") {
      device.methodAnswered(bag.get("$rid") ?? "", publication.status, payload);
      this.#acknowledge(qos, packetId);
    } else {
      this.#twin(device, { isGet: publication.type === "twin-get", rid: bag.get("$rid") ?? "" }, payload);
      this.#acknowledge(qos, packetId);
    }
  }

  #telemetry(device: HubDevice, packet: mqtt.PublishPacket, bag: ReadonlyMap<string, string>): void {
    if (packet.payload.length + Buffer.byteLength(packet.topic) > telemetryBytesMax) {
      this.#tooLarge();
      return;
    }
    const waitMs = this.#hub.admitTelemetry();
    if (waitMs === null) this.drop("throttled: too many messages for too long");
    else void this.#takeAfter(waitMs, telemetryOf(device.identity.id, packet, bag), packet);
  }

  async #takeAfter(waitMs: number, telemetry: HubTelemetry, packet: mqtt.PublishPacket): Promise<void> {
    if (waitMs > 0) await this.#hub.clock.sleep(waitMs, this.#over.signal).catch(() => undefined);
    // What the hub had begun to take when the connection ended, it has.
    this.#hub.received(telemetry);
    if (this.#hub.acknowledges()) this.#acknowledge(packet.qos, packet.packetId);
  }

  #twin(device: HubDevice, { isGet, rid }: { readonly isGet: boolean; readonly rid: string }, payload: Buffer): void {
    if (!this.#hub.admitTwin()) device.answerTwin(rid, 429, {});
    else if (isGet) {
      const twin = { desired: device.desired.document(), reported: device.reported.document() };
      device.answerTwin(rid, 200, { body: JSON.stringify(twin) });
    } else {
      const patch = jsonOf(payload);
      const isTaken = isProperties(patch) && device.reported.merge(patch);
      if (isTaken) device.answerTwin(rid, 204, { version: device.reported.version });
      else device.answerTwin(rid, 400, {});
    }
  }

  #subscribe(device: HubDevice, packet: Extract<mqtt.ClientPacket, { type: "subscribe" }>): void {
    const granted: number[] = [];
    for (const { filter, qos } of packet.wishes) {
      const kind = filterKindOf(device.identity.id, filter);
      if (kind === null) {
        this.drop("a subscription to a topic that the hub does not have");
        return;
      }
      device.subscriptions.set(filter, kind);
      granted.push(Math.min(qos, 1));
    }
    if (device.subscriptions.size > subscriptionsMax) this.drop("more than five subscriptions");
    this.#write(mqtt.suback(packet.packetId, granted));
    device.flush();
  }

  #tooLarge(): void {
    this.drop("a message of more than 256 KB");
  }

  #acknowledge(qos: number, packetId: number): void {
    if (qos === 1) this.#write(mqtt.puback(packetId));
  }

  #closed(): void {
    this.#over.abort();
    const { device, will } = this.#entry ?? {};
    if (device === undefined) return;
    device.disconnected(this);
    if (this.#polite || will === null || will === undefined) return;
    const publication = publicationOf(device.identity.id, will.topic);
    const bag = readBag(publication?.bag ?? "") ?? new Map<string, string>();
    this.#hub.received({ ...telemetryOf(device.identity.id, will, bag), isWill: true });
  }

  async #endAfter(delayMs: number, why: () => string | null): Promise<void> {
    try {
      await this.#hub.clock.sleep(delayMs, this.#over.signal);
    } catch {
      return;
    }
    const reason = why();
    if (reason !== null) this.drop(reason);
  }

  async #listenFor(silenceMs: number): Promise<void> {
    const { clock } = this.#hub;
    try {
      for (let leftMs = silenceMs; leftMs > 0; leftMs = this.#heardMs + silenceMs - clock.monotonicMs()) {
        await clock.sleep(leftMs, this.#over.signal);
      }
    } catch {
      return;
    }
    this.drop("silent for longer than the keep-alive allows");
  }

  #write(bytes: Buffer): void {
    if (!this.#socket.destroyed && this.#socket.writable) this.#socket.write(bytes);
  }
}

const connectWaitMs = 30_000;
/** Headers and topic beside the payload. */
const frameSlackBytes = 4_096;

function jsonOf(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString("utf8"));
  } catch {
    return undefined;
  }
}
