import { fromHex, toHex } from "../../../../device-drivers/kit/hex.ts";
import { AttemptGuard } from "../../../../simulators/bluetooth/smp/attempt-guard.ts";
import { BondStore } from "../../../../simulators/bluetooth/smp/bond-store.ts";
import type { Identity } from "../../../../simulators/bluetooth/smp/key-distribution.ts";
import { PairingChannel, PairingFailure } from "../../../../simulators/bluetooth/smp/pairing-channel.ts";
import {
  type PairingEvent,
  type PairingPerson,
  SecurityManager,
} from "../../../../simulators/bluetooth/smp/security-manager.ts";
import { smpCodes } from "../../../../simulators/bluetooth/smp/smp-pdu.ts";
import type { SmpAddress } from "../../../../simulators/bluetooth/smp/toolbox.ts";
import { createVirtualClock } from "../../../../simulators/clock/virtual-clock.ts";
import { justWorks, type PairingTraits } from "../../../../simulators/peripherals/pairing-traits.ts";
import { seededRandom } from "../../../../simulators/random.ts";
import type { CentralBond } from "../../../doubles/bluetooth/central-link.ts";
import { initiatePairing, type InitiatorDialogue } from "../../../doubles/bluetooth/smp-initiator.ts";

const own: SmpAddress = { kind: "random", octets: Uint8Array.of(1, 0, 0, 0, 0, 0xc0) };
const peer: SmpAddress = { kind: "public", octets: Uint8Array.of(2, 0, 0, 0, 0, 0x20) };

export interface SecurityOptions {
  readonly traits?: Partial<PairingTraits>;
  readonly person?: Partial<PairingPerson>;
  readonly identity?: Identity;
}

/** A Security Manager with its peer at hand, without a link: encryption is as good as its key. */
export class SecurityRig {
  readonly clock = createVirtualClock(0);
  readonly bonds = new BondStore();
  readonly attempts = new AttemptGuard(this.clock);
  readonly events: PairingEvent[] = [];
  /** What it has sent, in hex. */
  readonly sent: string[] = [];
  readonly own = own;
  readonly peer = peer;
  manager: SecurityManager;
  readonly #options: SecurityOptions;
  #initiating: PairingChannel | null = null;

  constructor(options: SecurityOptions = {}) {
    this.#options = options;
    this.manager = this.#connect();
  }

  /** The next connection of the same two. */
  reconnect(): void {
    this.manager.end();
    this.manager = this.#connect();
  }

  /** Sends PDUs in hex and resolves with what came of them. */
  async say(...pdus: readonly string[]): Promise<readonly string[]> {
    for (const pdu of pdus) this.manager.receive(fromHex(pdu.replaceAll(" ", "")) ?? new Uint8Array(0));
    await this.clock.settle();
    return this.sent.splice(0);
  }

  /** Pairs as the central; rejects with a `PairingFailure`. */
  async pair(dialogue: InitiatorDialogue): Promise<CentralBond> {
    const channel = new PairingChannel((pdu) => this.manager.receive(pdu), this.clock);
    this.#initiating = channel;
    const paired = initiatePairing({
      channel,
      dialogue,
      random: seededRandom(7),
      own: peer,
      peer: own,
      encrypt: (bond) => this.encrypt(bond),
    }).finally(() => {
      this.#initiating = null;
      channel.end(new PairingFailure("link"));
    });
    const bond = await this.clock.runUntil(paired, 120_000);
    await this.clock.settle();
    return bond;
  }

  /** Resolves with the status, as the controller would: both need the same key. */
  async encrypt({ key, random, diversifier }: CentralBond): Promise<number> {
    const theirs = await this.manager.longTermKey(random, diversifier);
    if (theirs === null) return 0x06;
    if (Buffer.compare(theirs, key) !== 0) return 0x3d;
    this.manager.encryptionChanged(true);
    return 0;
  }

  #connect(): SecurityManager {
    const { traits, person, identity } = this.#options;
    const ports = {
      clock: this.clock,
      random: seededRandom(3),
      bonds: this.bonds,
      attempts: this.attempts,
      person: {
        allowsPairing: async () => true,
        enterPasskey: async () => null,
        confirmDigits: async () => true,
        ...person,
      },
      send: (pdu: Uint8Array) => this.#send(pdu),
      tell: (event: PairingEvent) => this.events.push(event),
    };
    return new SecurityManager(ports, { traits: { ...justWorks, ...traits }, own, peer, identity: identity ?? null });
  }

  #send(pdu: Uint8Array): void {
    this.sent.push(toHex(pdu));
    if (pdu[0] === smpCodes.pairingFailed) this.#initiating?.end(new PairingFailure("peer", pdu[1] ?? null));
    else this.#initiating?.put(pdu);
  }
}
