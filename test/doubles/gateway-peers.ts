import { anyReceipt, type EventReceipt, type Receipt } from "../../cloud-sync/contract/delivery.ts";
import { gatewayTopics, parseTopic } from "../../cloud-sync/contract/topics.ts";
import type { SourceSubject } from "../contracts/source.ts";
import {
  heardMessage,
  joinAs,
  type MqttPeer,
  packetTypes,
  type PeerAddress,
  publishPacket,
  subscribePacket,
} from "./mqtt-peer.ts";

/** Gateways over real sockets, byte by byte: the other end of a source. They connect again when they are cut off. */
export class GatewayPeers {
  readonly #address: (gateway: string) => PeerAddress | Promise<PeerAddress>;
  readonly #gateways = new Map<string, PeerEntry>();

  constructor(address: (gateway: string) => PeerAddress | Promise<PeerAddress>) {
    this.#address = address;
  }

  readonly send: SourceSubject["send"] = async (gateway, kind, payload) => {
    const entry = await this.#entry(gateway);
    entry.packetId += 1;
    entry.peer.send(publishPacket(gatewayTopics(gateway)[kind], payload, { packetId: entry.packetId }));
  };

  readonly nextReceipt = async (gateway: string): Promise<Receipt | EventReceipt> => {
    for (;;) {
      const entry = await this.#entry(gateway);
      const receipt = entry.receipts.shift();
      if (receipt !== undefined) return receipt;
      await entry.changed.promise;
    }
  };

  readonly nextCommand = async (gateway: string): Promise<string> => {
    for (;;) {
      const entry = await this.#entry(gateway);
      const command = entry.commands.shift();
      if (command !== undefined) return command;
      await entry.changed.promise;
    }
  };

  readonly receiptsWaiting = (gateway: string): number => this.#gateways.get(gateway)?.receipts.length ?? 0;

  /** Resolves when the gateway's connection is over. */
  readonly cutOff = async (gateway: string): Promise<void> => {
    await this.#gateways.get(gateway)?.over;
  };

  async stop(): Promise<void> {
    for (const { peer } of this.#gateways.values()) peer.end();
    await Promise.all([...this.#gateways.values()].map(({ peer }) => peer.ended));
  }

  async #entry(gateway: string): Promise<PeerEntry> {
    const known = this.#gateways.get(gateway);
    if (known?.isOver === false) return known;
    const peer = await joinAs(await this.#address(gateway), gateway);
    const { receipts, commands } = gatewayTopics(gateway);
    peer.send(subscribePacket(1, receipts, commands));
    await peer.next();
    const entry = new PeerEntry(peer);
    this.#gateways.set(gateway, entry);
    return entry;
  }
}

/** One connection of a gateway, and the receipts that it has heard. */
class PeerEntry {
  readonly peer: MqttPeer;
  readonly receipts: (Receipt | EventReceipt)[] = [];
  readonly commands: string[] = [];
  readonly over: Promise<void>;
  packetId = 1;
  isOver = false;
  changed = Promise.withResolvers<void>();

  constructor(peer: MqttPeer) {
    this.peer = peer;
    this.over = this.#listen();
  }

  async #listen(): Promise<void> {
    for (;;) {
      const heard = await this.peer.next().catch(() => null);
      this.isOver = heard === null;
      if (heard?.type === packetTypes.publish) {
        const { topic, payload } = heardMessage(heard);
        if (parseTopic(topic)?.kind === "commands") this.commands.push(payload);
        else this.receipts.push(anyReceipt.parse(JSON.parse(payload)));
      }
      this.#announce();
      if (heard === null) return;
    }
  }

  #announce(): void {
    const { resolve } = this.changed;
    this.changed = Promise.withResolvers<void>();
    resolve();
  }
}
