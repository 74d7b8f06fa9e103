import type { Clock, Random } from "../../../device-drivers/ports/clock.ts";
import type { Log } from "../../../device-drivers/ports/log.ts";
import { commandResult, gatewayState } from "../../contract/control.ts";
import { messageData } from "../../contract/message-data.ts";
import { gatewayTopics, parseTopic } from "../../contract/topics.ts";
import type { GatewayTopics, TopicKind } from "../../contract/topics.ts";
import { connectionErrors } from "../connection-error.ts";
import type { BrokerConnection, ConnectionEnd, IncomingMessage, OutgoingMessage } from "../connection.ts";
import { hubTopics, parseHubTopic } from "./hub-topics.ts";
import type { HubTopics } from "./hub-topics.ts";
import { iotHubErrors } from "./iot-hub-error.ts";
import { MethodCalls } from "./method-calls.ts";
import { hubMessageBytesMax, telemetryProperties } from "./telemetry.ts";
import { TwinLink } from "./twin-link.ts";

export interface IotHubConnectionParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly gateway: string;
  readonly deviceId: string;
  readonly methodTimeoutMs: number;
}

/** A connection to a hub that looks like one to a broker of ours: our topics on this side, the hub's on the other. */
export class IotHubConnection implements BrokerConnection {
  readonly protocol: BrokerConnection["protocol"];
  readonly receiveMaximum: number;
  readonly closed: Promise<ConnectionEnd>;
  readonly #hub: BrokerConnection;
  readonly #parts: IotHubConnectionParts;
  readonly #ours: GatewayTopics;
  readonly #theirs: HubTopics;
  readonly #over = new AbortController();
  readonly #methods: MethodCalls;
  readonly #twin: TwinLink;
  #listener: (message: IncomingMessage) => void = () => undefined;

  constructor(hub: BrokerConnection, parts: IotHubConnectionParts) {
    const { clock, random, log, gateway, deviceId, methodTimeoutMs } = parts;
    this.#hub = hub;
    this.#parts = parts;
    this.#ours = gatewayTopics(gateway);
    this.#theirs = hubTopics(deviceId);
    this.protocol = hub.protocol;
    this.receiveMaximum = hub.receiveMaximum;
    this.closed = hub.closed;
    const command = (payload: Uint8Array): void => this.#hand("commands", payload);
    this.#methods = new MethodCalls(
      { clock, command, answer: (rid, status, body) => this.#answer(rid, status, body) },
      { tag: Math.floor(random() * 2 ** 40).toString(36), timeoutMs: methodTimeoutMs },
    );
    this.#twin = new TwinLink({
      clock,
      random,
      log,
      command,
      ask: (what, rid, body) =>
        hub.publish(request(what === "get" ? this.#theirs.twinGet(rid) : this.#theirs.reported(rid), body)),
    });
    void this.#endWithIt();
  }

  async publish(message: OutgoingMessage): Promise<void> {
    const kind = this.#kindOf(message.topic);
    if (kind === "results" && this.#resultTaken(message.payload)) return;
    await this.#hub.publish(telemetryOf(this.#parts.deviceId, kind, message));
    if (kind === "state") this.#reportState(message.payload);
  }

  async subscribe(filter: string, qos: 0 | 1): Promise<void> {
    const kind = this.#kindOf(filter);
    const { devicebound, methods, twinResponses, desired } = this.#theirs.filters;
    if (kind === "receipts") await this.#hub.subscribe(devicebound, qos);
    else if (kind === "commands") {
      for (const wanted of [devicebound, methods, twinResponses, desired]) await this.#hub.subscribe(wanted, qos);
      void this.#twin.run(this.#over.signal);
    } else throw unknownTopic(filter);
  }

  onMessage(listener: (message: IncomingMessage) => void): void {
    this.#listener = listener;
    this.#hub.onMessage((message) => this.#hear(message));
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#hub.close();
  }

  destroy(): void {
    this.#over.abort();
    this.#hub.destroy();
  }

  /** There is a new connection beneath. */
  renewed(): void {
    this.#twin.renewed();
  }

  async #endWithIt(): Promise<void> {
    await this.#hub.closed;
    this.#over.abort();
    this.#methods.end();
  }

  #kindOf(topic: string): TopicKind {
    const parsed = parseTopic(topic);
    if (parsed === null || parsed.gateway !== this.#parts.gateway) throw unknownTopic(topic);
    return parsed.kind;
  }

  #hear({ topic, payload }: IncomingMessage): void {
    const subject = parseHubTopic(this.#parts.deviceId, topic);
    if (subject === null) this.#parts.log.warn("iot-hub-topic-ignored", { bytes: payload.byteLength });
    else if (subject.type === "devicebound") this.#sort(subject.properties.get("kind"), payload);
    else if (subject.type === "method") this.#called(subject.name, subject.rid, payload);
    else if (subject.type === "desired") this.#twin.desiredChanged(payload);
    else this.#twin.responded(subject.rid, subject.status, payload);
  }

  #sort(kind: string | null | undefined, payload: Uint8Array): void {
    if (kind === "receipts" || kind === "commands") this.#hand(kind, payload);
    else this.#parts.log.warn("iot-hub-message-ignored", { reason: "no property kind of receipts or commands" });
  }

  /** A receipt may come as a method too: a hub bears far more of these than of cloud-to-device messages. */
  #called(name: string, rid: string, payload: Uint8Array): void {
    if (name !== "receipts") {
      this.#methods.called(name, rid, payload);
      return;
    }
    this.#hand("receipts", payload);
    this.#answer(rid, 200, {});
  }

  #hand(kind: "receipts" | "commands", payload: Uint8Array): void {
    this.#listener({ topic: this.#ours[kind], payload, retain: false });
  }

  /** Methods and the twin have ways of their own to hear what became of what they asked for. */
  #resultTaken(payload: Uint8Array): boolean {
    const result = commandResult.safeParse(messageData("results", payload));
    return result.success && (this.#methods.finished(result.data) || this.#twin.finished(result.data));
  }

  #answer(rid: string, status: number, body: object): void {
    const message = request(this.#theirs.methodAnswer(status, encodeURIComponent(rid)), JSON.stringify(body));
    this.#hub.publish(message).catch(() => this.#parts.log.warn("iot-hub-method-unanswered"));
  }

  /** `online` stays out of it: nobody could take it back after a crash, and the hub knows who is connected. */
  #reportState(payload: Uint8Array): void {
    const state = gatewayState.safeParse(messageData("state", payload));
    if (!state.success || !state.data.online) return;
    const { v: _version, gateway: _gateway, online: _online, ...rest } = state.data;
    this.#twin.report({ state: rest });
  }
}

/** One of our messages as a device-to-cloud message. Throws `packet-too-large`. */
export function telemetryOf(deviceId: string, kind: TopicKind, message: OutgoingMessage): OutgoingMessage {
  const topic = hubTopics(deviceId).telemetry(telemetryProperties(kind, message.topic, message.payload));
  const bytes = message.payload.byteLength + topic.length;
  if (bytes > hubMessageBytesMax) {
    throw connectionErrors.make("packet-too-large", "the message is larger than an IoT Hub takes", {
      context: { bytes, bytesMax: hubMessageBytesMax },
    });
  }
  return { topic, payload: message.payload, qos: message.qos, retain: false };
}

const unknownTopic = (topic: string): Error =>
  iotHubErrors.make("iot-hub-topic-unknown", `an IoT Hub has nothing for the topic ${topic}`);

/** Requests and answers are QoS 0, as in Microsoft's own clients: they are asked again, or too late. */
const request = (topic: string, body: string): OutgoingMessage => ({
  topic,
  payload: new TextEncoder().encode(body),
  qos: 0,
  retain: false,
});
