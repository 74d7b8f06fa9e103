import { ByteWriter } from "../../../device-drivers/kit/byte-writer.ts";
import type { Clock, Random } from "../../../device-drivers/ports/clock.ts";
import { AclSender, type ControllerBuffers } from "../../../simulators/bluetooth/l2cap/acl-sender.ts";
import { channels, FrameAssembler } from "../../../simulators/bluetooth/l2cap/frame-assembler.ts";
import { PairingChannel, PairingFailure } from "../../../simulators/bluetooth/smp/pairing-channel.ts";
import { smpCodes } from "../../../simulators/bluetooth/smp/smp-pdu.ts";
import type { SmpAddress } from "../../../simulators/bluetooth/smp/toolbox.ts";
import { AttClient } from "./att-client.ts";
import type { HciHost } from "./hci-host.ts";
import { initiatePairing, type InitiatorDialogue } from "./smp-initiator.ts";

export interface LinkHost {
  readonly host: HciHost;
  readonly buffers: ControllerBuffers;
  readonly clock: Clock;
  readonly random: Random;
}

export interface LinkAddresses {
  readonly handle: number;
  readonly own: SmpAddress;
  readonly peer: SmpAddress;
}

/** What a central keeps of a pairing. */
export interface CentralBond {
  readonly key: Uint8Array;
  /** Zeros for Secure Connections. */
  readonly random: Uint8Array;
  readonly diversifier: number;
  readonly isAuthenticated: boolean;
}

const frameOctetsMax = 1_024;

/** One connection of the test central. */
export class CentralLink {
  readonly handle: number;
  readonly att: AttClient;
  /** Every Security Manager PDU that came outside a pairing. */
  readonly securityRequests: Uint8Array[] = [];
  /** Resolves with the reason when the link has ended. */
  readonly ended: Promise<number>;
  readonly #host: LinkHost;
  readonly #addresses: LinkAddresses;
  readonly #sender: AclSender;
  readonly #frames = new FrameAssembler(frameOctetsMax);
  #pairing: PairingChannel | null = null;

  constructor(host: LinkHost, addresses: LinkAddresses) {
    this.#host = host;
    this.#addresses = addresses;
    this.handle = addresses.handle;
    this.#sender = new AclSender(this.handle, host.buffers, (packet) => host.host.transport.send(packet));
    this.att = new AttClient((pdu) => this.#sender.send({ channel: channels.att, payload: pdu }));
    const stop = host.host.onData(({ handle, isFirst, octets }) => {
      if (handle === this.handle) this.#take(isFirst, octets);
    });
    this.ended = this.#awaitEnd().finally(stop);
    this.#countCredits();
  }

  /** Sends a frame as it is, on any channel. */
  send(channel: number, payload: Uint8Array): void {
    this.#sender.send({ channel, payload });
  }

  async disconnect(reason = 0x13): Promise<void> {
    await this.#host.host.command(0x0406, this.handle & 0xff, this.handle >> 8, reason);
    await this.ended;
  }

  /** Pairs, encrypts and bonds. Rejects with a `PairingFailure`. */
  async pair(dialogue: InitiatorDialogue): Promise<CentralBond> {
    const channel = new PairingChannel((pdu) => this.send(channels.securityManager, pdu), this.#host.clock);
    this.#pairing = channel;
    try {
      const { own, peer } = this.#addresses;
      return await initiatePairing({
        channel,
        dialogue,
        random: this.#host.random,
        own,
        peer,
        encrypt: async (bond) => await this.encrypt(bond),
      });
    } finally {
      this.#pairing = null;
      channel.end(new PairingFailure("link"));
    }
  }

  /** Resolves with the status: 0 when the link is encrypted. A link that ends over it is its reason. */
  async encrypt({ key, random, diversifier }: CentralBond): Promise<number> {
    const parameters = new ByteWriter().uint16(this.handle).raw(random).uint16(diversifier).raw(key).bytes();
    const [status = 0xff] = await this.#host.host.command(0x2019, ...parameters);
    if (status !== 0) return status;
    const ours = (octets: Uint8Array): boolean => ((octets[1] ?? 0) | ((octets[2] ?? 0) << 8)) === this.handle;
    const changed = this.#host.host.eventOf([0x08, 0x30], ours).then(([code = 0xff]) => code);
    return await Promise.race([changed, this.ended]);
  }

  async #awaitEnd(): Promise<number> {
    const octets = await this.#host.host.event(0x05, ([, low = 0, high = 0]) => (low | (high << 8)) === this.handle);
    this.#sender.close();
    this.#pairing?.end(new PairingFailure("link"));
    const reason = octets[3] ?? 0;
    this.att.end(reason);
    return reason;
  }

  #countCredits(): void {
    const stop = this.#host.host.onEvent((event) => {
      const [, handleLow = 0, handleHigh = 0, low = 0, high = 0] = event?.code === 0x13 ? event.parameters : [];
      if ((handleLow | (handleHigh << 8)) === this.handle) this.#sender.completed(low | (high << 8));
    });
    void this.ended.finally(stop);
  }

  #take(isFirst: boolean, fragment: Uint8Array): void {
    const frame = this.#frames.take(isFirst, fragment);
    if (frame === null) return;
    if (frame.channel === channels.att) this.att.take(frame.payload);
    if (frame.channel !== channels.securityManager) return;
    const [code, reason = null] = frame.payload;
    if (this.#pairing === null || code === smpCodes.securityRequest) this.securityRequests.push(frame.payload);
    else if (code === smpCodes.pairingFailed) this.#pairing.end(new PairingFailure("peer", reason));
    else this.#pairing.put(frame.payload);
  }
}
