import { hciErrors } from "../controller/hci-error.ts";
import { Pipe } from "./pipe.ts";
import type { Room } from "./room.ts";

export type Role = "central" | "peripheral";

/** In the units of the HCI: the interval in 1.25 ms, the supervision time-out in 10 ms. */
export interface ConnectionParameters {
  readonly interval: number;
  readonly latency: number;
  readonly supervisionTimeout: number;
}

/** What a link tells the controller at one of its ends. */
export interface LinkEnd {
  /** Is this end within reach and alive? A link that is not carried is lost after its supervision time-out. */
  isReachable(): boolean;
  /** How strongly the other end hears it. */
  readonly rssiDbm: number;
  data(fragment: LinkFragment): void;
  /** The other end has acknowledged one fragment. */
  acknowledged(): void;
  ended(reason: number): void;
  updated(parameters: ConnectionParameters): void;
  /** The central asks to encrypt: which key belongs to this? Peripheral only. */
  keyWanted(request: EncryptionRequest): void;
  encryptionChanged(change: EncryptionChange): void;
}

export interface LinkFragment {
  /** The first of an L2CAP PDU, or one that continues it. */
  readonly isFirst: boolean;
  readonly octets: Uint8Array;
}

/** Rand and EDIV (both zero with a key of Secure Connections), and the key that the central holds. */
export interface EncryptionRequest {
  readonly random: Uint8Array;
  readonly diversifier: number;
  readonly key: Uint8Array;
}

export interface EncryptionChange {
  readonly status: number;
  readonly isEncrypted: boolean;
  /** The link was encrypted already: the key was refreshed. */
  readonly isRefresh: boolean;
}

/** Procedure response time-out of the Link Layer (Core Vol 6 Part B 5.2). */
const procedureTimeoutMs = 40_000;

const otherRole = (role: Role): Role => (role === "central" ? "peripheral" : "central");

/** One connection between two controllers (Core Vol 6 Part B 4.5 and 5.1). */
export class Link {
  readonly #room: Room;
  readonly #ends: Readonly<Record<Role, LinkEnd>>;
  readonly #towards: Readonly<Record<Role, Pipe>>;
  readonly #over = new AbortController();
  #parameters: ConnectionParameters;
  #isEncrypted = false;
  /** The encryption that the peripheral has not answered yet; data waits meanwhile. */
  #encrypting: EncryptionRequest | null = null;
  #procedure = new AbortController();
  #supervision: AbortController | null = null;

  constructor(room: Room, ends: Readonly<Record<Role, LinkEnd>>, parameters: ConnectionParameters) {
    this.#room = room;
    this.#ends = ends;
    this.#parameters = parameters;
    this.#towards = { central: new Pipe(room), peripheral: new Pipe(room) };
  }

  get parameters(): ConnectionParameters {
    return this.#parameters;
  }

  /** How strongly one side hears the other. */
  rssiDbm(at: Role): number {
    return this.#ends[otherRole(at)].rssiDbm;
  }

  /** Has the peripheral's host been asked for a key that it has not given? */
  get isKeyWanted(): boolean {
    return this.#encrypting !== null;
  }

  send(from: Role, fragment: LinkFragment): void {
    this.#towards[otherRole(from)].put("data", () => {
      this.#ends[otherRole(from)].data(fragment);
      this.#ends[from].acknowledged();
    });
  }

  /** What the other side's link layer answers by itself, for example its features. */
  ask(from: Role, answered: () => void): void {
    this.#control(from, () => this.#control(otherRole(from), answered));
  }

  /** One side's host ends it, after what it sent before has arrived. */
  terminate(by: Role, reason: number): void {
    if (this.#over.signal.aborted) return;
    const isCarried = this.#isCarried();
    const ending = (): void => {
      this.#finish();
      this.#ends[by].ended(hciErrors.localHostTerminated);
      // Who is out of reach hears nothing, and finds out by its supervision.
      this.#ends[otherRole(by)].ended(isCarried ? reason : hciErrors.connectionTimeout);
    };
    if (isCarried) this.#control(by, ending);
    else ending();
  }

  /** The link breaks for both. */
  lose(reason: number): void {
    if (this.#over.signal.aborted) return;
    this.#finish();
    this.#ends.central.ended(reason);
    this.#ends.peripheral.ended(reason);
  }

  update(by: Role, parameters: ConnectionParameters): void {
    this.#control(by, () => {
      this.#parameters = parameters;
      this.#ends.central.updated(parameters);
      this.#ends.peripheral.updated(parameters);
    });
  }

  /** The central starts or refreshes encryption (Core Vol 6 Part B 5.1.3). One at a time: a second is not heard. */
  encrypt(request: EncryptionRequest): void {
    if (this.#encrypting !== null) return;
    this.#encrypting = request;
    this.#holdData(true);
    this.#procedure = new AbortController();
    this.#room.clock
      .sleep(this.#room.airMs(procedureTimeoutMs), AbortSignal.any([this.#over.signal, this.#procedure.signal]))
      .then(
        () => this.lose(hciErrors.responseTimeout),
        () => undefined,
      );
    this.#control("central", () => this.#ends.peripheral.keyWanted(request));
  }

  /** The peripheral's key, or null where it has none. What nothing asked for is nothing. */
  answerKey(key: Uint8Array | null): void {
    const request = this.#encrypting;
    if (request === null) return;
    this.#encrypting = null;
    this.#procedure.abort();
    this.#control("peripheral", () => {
      if (key === null) this.#refuseEncryption();
      else if (Buffer.compare(key, request.key) === 0) this.#completeEncryption();
      // Each side cannot read what the other encrypted.
      else this.lose(hciErrors.micFailure);
    });
  }

  /** One of the ends came into reach, or left it. */
  reachabilityChanged(): void {
    const isCarried = this.#isCarried();
    for (const pipe of Object.values(this.#towards)) pipe.hold("all", !isCarried);
    if (isCarried) {
      this.#supervision?.abort();
      this.#supervision = null;
    } else if (this.#supervision === null) {
      this.#supervise();
    }
  }

  #supervise(): void {
    const supervision = new AbortController();
    this.#supervision = supervision;
    this.#room.clock
      .sleep(
        this.#room.airMs(this.#parameters.supervisionTimeout * 10),
        AbortSignal.any([this.#over.signal, supervision.signal]),
      )
      .then(
        () => this.lose(hciErrors.connectionTimeout),
        () => undefined,
      );
  }

  #isCarried(): boolean {
    return this.#ends.central.isReachable() && this.#ends.peripheral.isReachable();
  }

  #control(from: Role, arrive: () => void): void {
    this.#towards[otherRole(from)].put("control", arrive);
  }

  #holdData(isHeld: boolean): void {
    for (const pipe of Object.values(this.#towards)) pipe.hold("data", isHeld);
  }

  #refuseEncryption(): void {
    // A link whose encryption was paused for a new key cannot go back to the old one.
    if (this.#isEncrypted) {
      this.lose(hciErrors.keyMissing);
      return;
    }
    this.#ends.central.encryptionChanged({ status: hciErrors.keyMissing, isEncrypted: false, isRefresh: false });
    this.#holdData(false);
  }

  #completeEncryption(): void {
    const change = { status: hciErrors.success, isEncrypted: true, isRefresh: this.#isEncrypted };
    this.#isEncrypted = true;
    this.#ends.central.encryptionChanged(change);
    this.#ends.peripheral.encryptionChanged(change);
    this.#holdData(false);
  }

  #finish(): void {
    this.#over.abort();
    for (const pipe of Object.values(this.#towards)) pipe.close();
  }
}
