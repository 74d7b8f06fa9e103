import type { Clock } from "../../device-drivers/ports/clock.ts";
import {
  cloudMessageBytesMax,
  cloudMessageLifeMs,
  cloudMessagesPendingMax,
  methodBytesMax,
  type FilterKind,
} from "./hub-rules.ts";
import { TwinSection } from "./twin-document.ts";
import type { Properties } from "./twin-document.ts";

/** An entry of the hub's identity registry. */
export interface DeviceIdentity {
  readonly id: string;
  readonly auth:
    | { readonly type: "sas"; readonly keys: readonly string[] }
    /** SHA-1 or SHA-256 of the certificate, in hex. */
    | { readonly type: "thumbprint"; readonly thumbprints: readonly string[] }
    /** Signed by the hub's client authority, with the device id as its common name. */
    | { readonly type: "authority" };
}

export interface CloudMessage {
  readonly properties: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What the hub sends to a device that is connected. */
export interface DeviceLink {
  /** At QoS 1: `delivered` is called when the device has acknowledged it. */
  deliver(topic: string, body: Uint8Array, delivered: () => void): void;
  /** At QoS 0. */
  tell(topic: string, body: Uint8Array): void;
  /** Ends the connection, as the hub would. */
  drop(why: string): void;
}

interface Pending extends CloudMessage {
  readonly expiresMs: number;
  readonly topic: string;
  underWay: boolean;
}

interface MethodCall {
  readonly answer: (status: number, body: Buffer) => void;
}

/** All that a hub holds of one device, connected or not. */
export class HubDevice {
  readonly identity: DeviceIdentity;
  readonly desired = new TwinSection();
  readonly reported = new TwinSection();
  /** Kept from one connection to the next with CleanSession 0. */
  readonly subscriptions = new Map<string, FilterKind>();
  readonly #clock: Clock;
  #link: DeviceLink | null = null;
  #pending: Pending[] = [];
  readonly #calls = new Map<string, MethodCall>();
  #count = 0;

  constructor(identity: DeviceIdentity, clock: Clock) {
    this.identity = identity;
    this.#clock = clock;
  }

  get isConnected(): boolean {
    return this.#link !== null;
  }

  get pendingMessages(): number {
    return this.#live().length;
  }

  /** A newcomer throws the one before it out. */
  connected(link: DeviceLink, clean: boolean): void {
    this.#link?.drop("another connection with this device id");
    this.#link = link;
    if (clean) {
      this.subscriptions.clear();
      // A device that is not subscribed does not get what was sent before.
      this.#pending = [];
    }
    this.flush();
  }

  disconnected(link: DeviceLink): void {
    if (this.#link !== link) return;
    this.#link = null;
    for (const message of this.#pending) message.underWay = false;
  }

  drop(why: string): void {
    this.#link?.drop(why);
  }

  /** 204, or why not: 403 its queue is full, 413 the message is too large. */
  send({ properties, body }: CloudMessage): 204 | 403 | 413 {
    if (body.byteLength > cloudMessageBytesMax) return 413;
    if (this.#live().length >= cloudMessagesPendingMax) return 403;
    this.#count += 1;
    const { id } = this.identity;
    const system = { "$.mid": `c2d-${this.#count}`, "$.to": `/devices/${id}/messages/deviceBound` };
    const bag = Object.entries({ ...system, ...properties }).map(
      ([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`,
    );
    const topic = `devices/${id}/messages/devicebound/${bag.join("&")}`;
    const expiresMs = this.#clock.monotonicMs() + cloudMessageLifeMs;
    this.#pending.push({ properties, body, topic, expiresMs, underWay: false });
    this.flush();
    return 204;
  }

  /** Sends what waits to a device that listens. */
  flush(): void {
    const link = this.#link;
    if (link === null || !this.#listensTo("devicebound")) return;
    for (const message of this.#live().filter(({ underWay }) => !underWay)) {
      message.underWay = true;
      link.deliver(message.topic, message.body, () => {
        this.#pending = this.#pending.filter((other) => other !== message);
      });
    }
  }

  /** Resolves with what the device answered, or with the hub's own 404 (nobody there), 413 or 504 (too late). */
  async invoke(name: string, payload: unknown, timeoutMs: number): Promise<MethodResult> {
    const body = Buffer.from(payload === undefined ? "" : JSON.stringify(payload));
    if (body.length > methodBytesMax) return { by: "hub", status: 413, payload: null };
    if (this.#link === null || !this.#listensTo("methods")) return { by: "hub", status: 404, payload: null };
    this.#count += 1;
    const rid = this.#count.toString(16);
    const answered = new AbortController();
    const answer = Promise.withResolvers<MethodResult>();
    this.#calls.set(rid, {
      answer: (status, bytes) => answer.resolve({ by: "device", status, payload: parsed(bytes) }),
    });
    const tooLate = this.#clock.sleep(timeoutMs, answered.signal).then(
      () => answer.resolve({ by: "hub", status: 504, payload: null }),
      () => undefined,
    );
    this.#link.tell(`$iothub/methods/POST/${name}/?$rid=${rid}`, body);
    try {
      return await answer.promise;
    } finally {
      this.#calls.delete(rid);
      answered.abort();
      await tooLate;
    }
  }

  /** An answer to a call that nobody waits for any more is dropped. */
  methodAnswered(rid: string, status: number, body: Buffer): void {
    this.#calls.get(rid)?.answer(status, body);
  }

  /** 200 with the new version, 412 if the ETag is another, 400 for what cannot be a twin's. */
  patchDesired(patch: Properties, ifMatch: string | null): 200 | 400 | 412 {
    if (ifMatch !== null && ifMatch !== "*" && ifMatch !== this.desired.etag) return 412;
    if (!this.desired.merge(patch)) return 400;
    const { version } = this.desired;
    if (this.#listensTo("desired")) {
      const change = Buffer.from(JSON.stringify({ ...patch, $version: version }));
      this.#link?.tell(`$iothub/twin/PATCH/properties/desired/?$version=${version}`, change);
    }
    return 200;
  }

  /** Answers a question about the twin; a device that does not listen hears nothing. */
  answerTwin(rid: string, status: number, { body = "", version = null }: TwinAnswer): void {
    if (!this.#listensTo("twin-responses")) return;
    const suffix = version === null ? "" : `&$version=${version}`;
    this.#link?.tell(`$iothub/twin/res/${status}/?$rid=${encodeURIComponent(rid)}${suffix}`, Buffer.from(body));
  }

  #live(): readonly Pending[] {
    const nowMs = this.#clock.monotonicMs();
    this.#pending = this.#pending.filter(({ expiresMs }) => expiresMs > nowMs);
    return this.#pending;
  }

  #listensTo(kind: FilterKind): boolean {
    return [...this.subscriptions.values()].includes(kind);
  }
}

export interface MethodResult {
  readonly by: "device" | "hub";
  readonly status: number;
  readonly payload: unknown;
}

export interface TwinAnswer {
  readonly body?: string;
  readonly version?: number | null;
}

function parsed(bytes: Buffer): unknown {
  if (bytes.length === 0) return null;
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return bytes.toString("utf8");
  }
}
