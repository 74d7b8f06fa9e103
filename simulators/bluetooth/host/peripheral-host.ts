import { ByteWriter } from "../../../device-drivers/kit/byte-writer.ts";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { CallOrder } from "../../air/call-order.ts";
import type { AclPacket } from "../acl-packet.ts";
import type { HciTransport } from "../hci-transport.ts";
import { AclSender, type ControllerBuffers } from "../l2cap/acl-sender.ts";
import { FrameAssembler, type L2capFrame } from "../l2cap/frame-assembler.ts";
import { joined, uint16At, uint16Octets } from "../octets.ts";
import type { SmpAddress } from "../smp/toolbox.ts";
import type { AdvertisingData } from "./advertising-data.ts";
import { HciHost } from "./hci-host.ts";
import { hciCommands, type HciEvent } from "./hci-packet.ts";

/** One connection, as the layers above the host see it. */
export interface HostLink {
  /** The addresses of this connection. */
  readonly own: SmpAddress;
  readonly peer: SmpAddress;
  send(frame: L2capFrame): void;
  /** Resolves when there is room for another value, or when there never will be. */
  room(): Promise<void>;
  /** Resolves when the peer has everything that was sent, or when the link has ended. */
  drained(): Promise<void>;
  /** Ends the link: Remote User Terminated Connection (Core Vol 1 Part F 2.19). */
  disconnect(): void;
}

/** What lives on a connection. */
export interface HostLinkUser {
  frame(frame: L2capFrame): void;
  longTermKey(random: Uint8Array, diversifier: number): Promise<Uint8Array | null>;
  encryptionChanged(isEncrypted: boolean): void;
  ended(reason: number): void;
}

export interface PeripheralHostPorts {
  readonly transport: HciTransport;
  readonly clock: Clock;
  /** The address to advertise under from now on; asked each time when advertising begins. */
  readonly address: () => SmpAddress;
  readonly connected: (link: HostLink) => HostLinkUser;
}

interface Connection {
  readonly handle: number;
  readonly sender: AclSender;
  readonly assembler: FrameAssembler;
  readonly user: HostLinkUser;
}

/** Enough for a value of 512 octets in any PDU of ATT. */
const payloadOctetsMax = 1_024;

/** In 0.625 ms: 20 ms, the shortest that a connectable device may choose (Core Vol 4 Part E 7.8.5). */
const advertisingInterval = 0x0020;

/** Event masks (Core Vol 4 Part E 7.3.1, 7.8.1): everything that a peripheral's host listens to. */
const eventMask = Uint8Array.of(0xff, 0xff, 0xfb, 0xff, 0x07, 0xf8, 0xbf, 0x3d);
const leEventMask = Uint8Array.of(0x1f, 0x02, 0, 0, 0, 0, 0, 0);

/** Reasons of disconnection (Core Vol 1 Part F 2). */
const connectionTimeout = 0x08;
const remoteUserTerminated = 0x13;
const localHostTerminated = 0x16;

/** The smallest buffers that a controller may have. */
const poorestBuffers: ControllerBuffers = { fragmentOctetsMax: 27, packets: 1 };

/** The host of a peripheral: it advertises, and carries the L2CAP frames of one connection at a time. */
export class PeripheralHost {
  readonly #ports: PeripheralHostPorts;
  readonly #hci: HciHost;
  readonly #steps = new CallOrder();
  #buffers = poorestBuffers;
  #connection: Connection | null = null;
  /** What is to be advertised; null for nothing. */
  #wanted: AdvertisingData | null = null;
  #advertised: AdvertisingData | null = null;
  #isStepWaiting = false;
  #own: SmpAddress;

  constructor(ports: PeripheralHostPorts) {
    this.#ports = ports;
    this.#own = ports.address();
    const { transport, clock } = ports;
    this.#hci = new HciHost({
      transport,
      clock,
      hear: (event) => this.#hear(event),
      data: (packet) => this.#data(packet),
    });
    transport.ended.addEventListener("abort", () => this.#end(localHostTerminated), { once: true });
  }

  /** Makes the controller ready. */
  async start(): Promise<void> {
    await this.#steps.run(async () => {
      await this.#hci.command(hciCommands.reset);
      await this.#hci.command(hciCommands.setEventMask, eventMask);
      await this.#hci.command(hciCommands.leSetEventMask, leEventMask);
      const buffers = await this.#hci.command(hciCommands.leReadBufferSize);
      const fragmentOctetsMax = buffers === null ? 0 : uint16At(buffers, 0);
      if (fragmentOctetsMax > 0) this.#buffers = { fragmentOctetsMax, packets: Math.max(1, buffers?.[2] ?? 1) };
    });
  }

  /** Advertises this whenever it is not connected; null for nothing. */
  advertise(data: AdvertisingData | null): void {
    const isAsBefore = isSame(data, this.#wanted);
    this.#wanted = data;
    if (isAsBefore && (this.#connection !== null || isSame(data, this.#advertised))) return;
    // The step that waits will see this wish: a controller that has hung does not gather them.
    if (this.#isStepWaiting) return;
    this.#isStepWaiting = true;
    void this.#steps.run(() => this.#followWish());
  }

  /** Leaves the controller, which ends the connection for what lives on it. */
  close(): void {
    this.#ports.transport.close();
  }

  async #followWish(): Promise<void> {
    this.#isStepWaiting = false;
    const wanted = this.#connection === null ? this.#wanted : null;
    if (wanted === null) {
      // A connection has ended advertising already.
      if (this.#advertised !== null && this.#connection === null) await this.#enableAdvertising(false);
      this.#advertised = null;
      return;
    }
    if (isSame(this.#advertised, wanted)) return;
    const isOn = this.#advertised !== null;
    if (!isOn) await this.#setAddressAndParameters();
    await this.#hci.command(hciCommands.leSetAdvertisingData, padded(wanted.advertisement));
    await this.#hci.command(hciCommands.leSetScanResponseData, padded(wanted.scanResponse));
    const isEnabled = isOn || (await this.#enableAdvertising(true));
    // A central may have connected meanwhile, and a refused step is tried again with the next wish.
    this.#advertised = isEnabled && this.#connection === null ? wanted : null;
  }

  async #setAddressAndParameters(): Promise<void> {
    this.#own = this.#ports.address();
    const isRandom = this.#own.kind === "random";
    if (isRandom) await this.#hci.command(hciCommands.leSetRandomAddress, this.#own.octets);
    const allChannels = 0x07;
    const parameters = new ByteWriter().uint16(advertisingInterval).uint16(advertisingInterval);
    parameters.uint8(0).uint8(isRandom ? 1 : 0);
    parameters.raw(new Uint8Array(7)).uint8(allChannels).uint8(0);
    await this.#hci.command(hciCommands.leSetAdvertisingParameters, parameters.bytes());
  }

  async #enableAdvertising(on: boolean): Promise<boolean> {
    return (await this.#hci.command(hciCommands.leSetAdvertisingEnable, Uint8Array.of(on ? 1 : 0))) !== null;
  }

  #hear(event: Exclude<HciEvent, { readonly type: "answered" }>): void {
    if (event.type === "connected") {
      this.#connect(event.handle, event.peer);
      return;
    }
    if (event.type === "packets-completed") {
      for (const { handle, packets } of event.completed) this.#current(handle)?.sender.completed(packets);
      return;
    }
    if (event.type === "restarted") {
      void this.start();
      this.#advertised = null;
      this.#end(connectionTimeout);
      return;
    }
    const connection = this.#current(event.handle);
    if (connection === null) return;
    if (event.type === "disconnected") this.#end(event.reason);
    else if (event.type === "encryption") connection.user.encryptionChanged(event.isEncrypted);
    else void this.#answerKey(connection, event.random, event.diversifier);
  }

  #current(handle: number): Connection | null {
    return this.#connection?.handle === handle ? this.#connection : null;
  }

  #connect(handle: number, peer: SmpAddress): void {
    const sender = new AclSender(handle, this.#buffers, (packet) => this.#hci.send(packet));
    const link: HostLink = {
      own: this.#own,
      peer,
      send: (frame) => sender.send(frame),
      room: () => sender.room(),
      drained: () => sender.drained(),
      disconnect: () => void this.#hci.command(hciCommands.disconnect, disconnection(handle)),
    };
    this.#advertised = null;
    this.#connection = {
      handle,
      sender,
      assembler: new FrameAssembler(payloadOctetsMax),
      user: this.#ports.connected(link),
    };
  }

  #data({ handle, isFirst, fragment }: AclPacket): void {
    const connection = this.#current(handle);
    const frame = connection?.assembler.take(isFirst, fragment) ?? null;
    if (frame !== null) connection?.user.frame(frame);
  }

  async #answerKey({ handle, user }: Connection, random: Uint8Array, diversifier: number): Promise<void> {
    const key = await user.longTermKey(random, diversifier);
    if (this.#current(handle) === null) return;
    if (key === null) await this.#hci.command(hciCommands.leLongTermKeyNegativeReply, uint16Octets(handle));
    else await this.#hci.command(hciCommands.leLongTermKeyReply, joined(uint16Octets(handle), key));
  }

  #end(reason: number): void {
    const connection = this.#connection;
    if (connection === null) return;
    this.#connection = null;
    connection.sender.close();
    connection.user.ended(reason);
    this.advertise(this.#wanted);
  }
}

const disconnection = (handle: number): Uint8Array => joined(uint16Octets(handle), [remoteUserTerminated]);

/** Advertising data goes to the controller in a field of 31 octets, after how many of them count. */
function padded(data: Uint8Array): Uint8Array {
  const field = new Uint8Array(32);
  field[0] = data.length;
  field.set(data, 1);
  return field;
}

const isSame = (one: AdvertisingData | null, other: AdvertisingData | null): boolean =>
  one === null || other === null
    ? one === other
    : Buffer.compare(one.advertisement, other.advertisement) === 0 &&
      Buffer.compare(one.scanResponse, other.scanResponse) === 0;
