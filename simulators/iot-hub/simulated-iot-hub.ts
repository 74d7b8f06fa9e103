import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import type { Server, TLSSocket } from "node:tls";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { DeviceSession } from "./device-session.ts";
import type { HubInside } from "./device-session.ts";
import { HubDevice } from "./hub-device.ts";
import type { CloudMessage, DeviceIdentity, MethodResult } from "./hub-device.ts";
import type { HubTelemetry } from "./hub-telemetry.ts";
import { TrafficShaper } from "./traffic-shaper.ts";
import type { Throttle } from "./traffic-shaper.ts";
import type { Properties } from "./twin-document.ts";

/** A hub on this machine, and its service side: what a back end would do over HTTPS and AMQP is a call here. */
export interface SimulatedIotHub {
  /** `mqtts://localhost:PORT` */
  readonly url: string;
  readonly port: number;
  /** All that came, in order. */
  readonly telemetry: readonly HubTelemetry[];
  /** Why the hub ended a connection or did not begin one, in order. */
  readonly endings: readonly HubEnding[];
  /** How many connections were let in. */
  readonly entries: () => number;
  /** Calls back with each message. Returns what ends it. */
  onTelemetry(listener: (telemetry: HubTelemetry) => void): () => void;
  isConnected(deviceId: string): boolean;
  /** 204 queued, 403 the device's queue is full, 404 no such device, 413 too large. */
  sendToDevice(deviceId: string, message: CloudMessage): 204 | 403 | 404 | 413;
  pendingMessages(deviceId: string): number;
  invokeMethod(deviceId: string, call: MethodCall): Promise<MethodResult>;
  twin(deviceId: string): TwinView | null;
  /** 200, 400 for what cannot be a twin's, 404, 412 if the ETag is not the twin's. */
  patchDesired(deviceId: string, patch: Properties, ifMatch?: string): 200 | 400 | 404 | 412;
  /** What goes wrong from now on: change it at any time. */
  readonly faults: HubFaults;
  /** Ends the connection of one device, or of all. */
  kick(deviceId?: string): void;
  stop(): Promise<void>;
}

export interface HubFaults {
  telemetryThrottle: Throttle | null;
  /** Answers every question about a twin 429. */
  twinThrottled: boolean;
  /** Is this message's PUBACK sent? */
  acknowledges: () => boolean;
}

export interface HubEnding {
  readonly deviceId: string | null;
  readonly why: string;
}

export interface MethodCall {
  readonly name: string;
  readonly payload?: unknown;
  readonly timeoutMs?: number;
}

export interface TwinView {
  readonly desired: Properties;
  readonly reported: Properties;
  readonly desiredEtag: string;
}

export interface SimulatedIotHubOptions {
  readonly clock: Clock;
  /** As in user names and tokens: `contoso.azure-devices.net`. */
  readonly hostName: string;
  readonly devices: readonly DeviceIdentity[];
  /** PEM. `clientAuthority` signs the certificates of devices whose `auth` is `authority`. */
  readonly tls: { readonly cert: string; readonly key: string; readonly clientAuthority?: string };
  readonly port?: number;
}

/** Listens on loopback. Rejects if the port is taken. */
export async function startSimulatedIotHub(options: SimulatedIotHubOptions): Promise<SimulatedIotHub> {
  const hub = new LoopbackHub(options);
  await hub.listen(options.port ?? 0);
  return hub;
}

class LoopbackHub implements SimulatedIotHub, HubInside {
  readonly hostName: string;
  readonly clock: Clock;
  readonly telemetry: HubTelemetry[] = [];
  readonly endings: HubEnding[] = [];
  readonly faults: HubFaults = { telemetryThrottle: null, twinThrottled: false, acknowledges: () => true };
  readonly #devices: ReadonlyMap<string, HubDevice>;
  readonly #server: Server;
  readonly #sockets = new Set<TLSSocket>();
  readonly #listeners = new Set<(telemetry: HubTelemetry) => void>();
  readonly #shaper: TrafficShaper;
  #entries = 0;

  constructor({ clock, hostName, devices, tls }: SimulatedIotHubOptions) {
    this.hostName = hostName;
    this.clock = clock;
    this.#shaper = new TrafficShaper(clock);
    this.#devices = new Map(devices.map((identity) => [identity.id, new HubDevice(identity, clock)]));
    const { cert, key, clientAuthority } = tls;
    // A certificate is judged by the device's entry in the registry, once the device has said who it is.
    const peers = { requestCert: true, rejectUnauthorized: false };
    const authority = clientAuthority === undefined ? {} : { ca: clientAuthority };
    this.#server = createServer({ cert, key, minVersion: "TLSv1.2", ...peers, ...authority }, (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      void new DeviceSession(this, socket);
    });
    this.#server.on("tlsClientError", (error) => this.ended(null, `no TLS: ${error.message}`));
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get port(): number {
    return portOf(this.#server.address());
  }

  get url(): string {
    return `mqtts://localhost:${this.port}`;
  }

  entries = (): number => this.#entries;

  onTelemetry(listener: (telemetry: HubTelemetry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  isConnected(deviceId: string): boolean {
    return this.device(deviceId)?.isConnected === true;
  }

  sendToDevice(deviceId: string, message: CloudMessage): 204 | 403 | 404 | 413 {
    return this.device(deviceId)?.send(message) ?? 404;
  }

  pendingMessages(deviceId: string): number {
    return this.device(deviceId)?.pendingMessages ?? 0;
  }

  async invokeMethod(deviceId: string, { name, payload, timeoutMs = 30_000 }: MethodCall): Promise<MethodResult> {
    const device = this.device(deviceId);
    return device === null ? { by: "hub", status: 404, payload: null } : await device.invoke(name, payload, timeoutMs);
  }

  twin(deviceId: string): TwinView | null {
    const device = this.device(deviceId);
    if (device === null) return null;
    const { desired, reported } = device;
    return { desired: desired.document(), reported: reported.document(), desiredEtag: desired.etag };
  }

  patchDesired(deviceId: string, patch: Properties, ifMatch?: string): 200 | 400 | 404 | 412 {
    return this.device(deviceId)?.patchDesired(patch, ifMatch ?? null) ?? 404;
  }

  kick(deviceId?: string): void {
    for (const [id, device] of this.#devices) {
      if (deviceId === undefined || id === deviceId) device.drop("kicked");
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }

  device(id: string): HubDevice | null {
    return this.#devices.get(id) ?? null;
  }

  entered(): void {
    this.#entries += 1;
  }

  admitTelemetry(): number | null {
    const throttle = this.faults.telemetryThrottle;
    return throttle === null ? 0 : this.#shaper.admit(throttle);
  }

  admitTwin(): boolean {
    return !this.faults.twinThrottled;
  }

  acknowledges(): boolean {
    return this.faults.acknowledges();
  }

  received(telemetry: HubTelemetry): void {
    this.telemetry.push(telemetry);
    for (const listener of this.#listeners) listener(telemetry);
  }

  ended(deviceId: string | null, why: string): void {
    this.endings.push({ deviceId, why });
  }
}

const portOf = (address: AddressInfo | string | null): number =>
  address !== null && typeof address === "object" ? address.port : 0;
