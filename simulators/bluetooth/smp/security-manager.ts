import type { Clock, Random } from "../../../device-drivers/ports/clock.ts";
import { type PairingChoice, pairingMethod } from "../../peripherals/pairing-method.ts";
import type { PairingTraits } from "../../peripherals/pairing-traits.ts";
import { integerBetween } from "../../random.ts";
import type { AttemptGuard } from "./attempt-guard.ts";
import type { Bond, BondStore } from "./bond-store.ts";
import { distributeKeys, type Identity } from "./key-distribution.ts";
import { type KeyExchange, legacyExchange, secureExchange } from "./key-exchange.ts";
import { PairingChannel, PairingFailure, refuse } from "./pairing-channel.ts";
import {
  authenticationRequest,
  decodeFeatures,
  encodeFeatures,
  isKeyPdu,
  keyKinds,
  type PairingFeatures,
  refusalOf,
  smpCodes,
  smpPdu,
  smpReasons,
} from "./smp-pdu.ts";
import type { SmpAddress } from "./toolbox.ts";

/** What the person does who holds the device. */
export interface PairingPerson {
  /** Is the device in its pairing mode? */
  allowsPairing(): Promise<boolean>;
  /** Types the digits that the gateway shows; null gives up. Aborted when they are no longer wanted. */
  enterPasskey(signal: AbortSignal): Promise<number | null>;
  /** Does the gateway show the same six digits? */
  confirmDigits(digits: number, signal: AbortSignal): Promise<boolean>;
}

export type PairingEvent =
  | { readonly type: "passkey-shown"; readonly passkey: number }
  | { readonly type: "digits-shown"; readonly digits: number }
  | {
      readonly type: "paired";
      readonly method: PairingChoice["method"];
      readonly authenticated: boolean;
      readonly secureConnections: boolean;
      readonly bonded: boolean;
    }
  /** `reason`: Core Vol 3 Part H 3.5.5, where one was sent or received. */
  | { readonly type: "pairing-failed"; readonly by: PairingFailure["by"]; readonly reason: number | null };

export interface SecurityManagerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly person: PairingPerson;
  readonly bonds: BondStore;
  readonly attempts: AttemptGuard;
  /** Sends a PDU on the Security Manager's channel. */
  readonly send: (pdu: Uint8Array) => void;
  readonly tell: (event: PairingEvent) => void;
}

export interface SecuritySettings {
  readonly traits: PairingTraits;
  /** The addresses of this connection. */
  readonly own: SmpAddress;
  readonly peer: SmpAddress;
  /** What a device gives that uses a private address; null for one whose address is its identity. */
  readonly identity: Identity | null;
}

interface SessionKey {
  readonly key: Uint8Array;
  readonly authenticated: boolean;
}

interface Pairing {
  readonly channel: PairingChannel;
  /** The key of phase 2; null if the pairing ended before there was one. */
  readonly key: Promise<SessionKey | null>;
  readonly encrypted: PromiseWithResolvers<void>;
}

interface OfferedKey extends SessionKey {
  /** The pairing that it comes of; null for the key of a bond. */
  readonly pairing: Pairing | null;
}

/** A key of Secure Connections or of a pairing that is under way has neither number (Core Vol 3 Part H 2.4.4). */
const isUnnumbered = (random: Uint8Array, diversifier: number): boolean =>
  diversifier === 0 && random.every((octet) => octet === 0);

/** The Security Manager of one connection, in the responder's role (Core Vol 3 Part H 2 and 3). */
export class SecurityManager {
  readonly #ports: SecurityManagerPorts;
  readonly #settings: SecuritySettings;
  #pairing: Pairing | null = null;
  /** The link's encryption: with an authenticated key or not; null while it is plain. */
  #encryption: { readonly authenticated: boolean } | null = null;
  /** What the next encryption will use. */
  #offered: OfferedKey | null = null;
  /** After a time-out nothing is said on this channel until the next connection (3.4). */
  #isSilent = false;

  constructor(ports: SecurityManagerPorts, settings: SecuritySettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  get encryption(): { readonly authenticated: boolean } | null {
    return this.#encryption;
  }

  /** The bond with the central of this connection. */
  get bond(): Bond | null {
    return this.#ports.bonds.find(this.#settings.peer);
  }

  /** Asks the central for security, as some devices do as soon as they are connected. */
  requestSecurity(): void {
    if (this.#encryption !== null || this.#pairing !== null) return;
    const request = authenticationRequest({ bonding: true, ...this.#settings.traits });
    this.#ports.send(smpPdu(smpCodes.securityRequest, Uint8Array.of(request)));
  }

  receive(pdu: Uint8Array): void {
    if (this.#isSilent || pdu.length === 0) return;
    const refusal = refusalOf(pdu);
    if (pdu[0] === smpCodes.pairingFailed) {
      this.#pairing?.channel.end(new PairingFailure("peer", refusal === null ? (pdu[1] ?? null) : null));
    } else if (refusal !== null) {
      this.#refuse(refusal);
    } else if (pdu[0] === smpCodes.pairingRequest) {
      this.#begin(pdu);
    } else if (pdu[0] !== smpCodes.pairingKeypress) {
      const isTooEarly = isKeyPdu(pdu) && this.#encryption === null;
      if (this.#pairing === null || isTooEarly) this.#refuse(smpReasons.unspecified);
      else this.#pairing.channel.put(pdu);
    }
  }

  /** The controller asks for the key with these numbers. Null: there is none. */
  async longTermKey(random: Uint8Array, diversifier: number): Promise<Uint8Array | null> {
    const pairing = isUnnumbered(random, diversifier) ? this.#pairing : null;
    const session = (await pairing?.key) ?? null;
    const bond = session === null ? this.bond : null;
    this.#offered = session === null ? null : { ...session, pairing };
    if (bond !== null && Buffer.compare(bond.random, random) === 0 && bond.diversifier === diversifier) {
      this.#offered = { key: bond.ltk, authenticated: bond.authenticated, pairing: null };
    }
    return this.#offered?.key ?? null;
  }

  encryptionChanged(isEncrypted: boolean): void {
    this.#encryption = isEncrypted ? { authenticated: this.#offered?.authenticated ?? false } : null;
    // The key of an older bond proves nothing about the pairing that is under way.
    if (isEncrypted) this.#offered?.pairing?.encrypted.resolve();
  }

  /** The connection has ended. */
  end(): void {
    this.#encryption = null;
    this.#pairing?.channel.end(new PairingFailure("link"));
  }

  #refuse(reason: number): void {
    if (this.#pairing === null) this.#ports.send(smpPdu(smpCodes.pairingFailed, Uint8Array.of(reason)));
    else this.#pairing.channel.end(refuse(reason));
  }

  #begin(request: Uint8Array): void {
    if (this.#pairing !== null) {
      this.#refuse(smpReasons.unspecified);
      return;
    }
    const channel = new PairingChannel(this.#ports.send, this.#ports.clock);
    const { promise: key, resolve: offerKey } = Promise.withResolvers<SessionKey | null>();
    this.#pairing = { channel, key, encrypted: Promise.withResolvers() };
    void this.#run(this.#pairing, request, offerKey);
  }

  async #run(pairing: Pairing, request: Uint8Array, offerKey: (key: SessionKey | null) => void): Promise<void> {
    const { attempts, tell } = this.#ports;
    try {
      const event = await this.#pair(pairing, request, offerKey);
      attempts.succeeded(this.#settings.peer);
      this.#finish(pairing, new PairingFailure("us"));
      tell(event);
    } catch (error) {
      if (!(error instanceof PairingFailure)) throw error;
      attempts.failed(this.#settings.peer, error.reason);
      if (error.by === "us" && error.reason !== null) {
        this.#ports.send(smpPdu(smpCodes.pairingFailed, Uint8Array.of(error.reason)));
      }
      this.#isSilent = error.by === "timeout";
      this.#finish(pairing, error);
      tell({ type: "pairing-failed", by: error.by, reason: error.reason });
    } finally {
      offerKey(null);
    }
  }

  /** Whoever still waits within it, such as a person who is asked for digits, hears that it is over. */
  #finish(pairing: Pairing, end: PairingFailure): void {
    if (this.#pairing === pairing) this.#pairing = null;
    pairing.channel.end(end);
  }

  async #pair(
    pairing: Pairing,
    pairingRequest: Uint8Array,
    offerKey: (key: SessionKey) => void,
  ): Promise<PairingEvent> {
    const { channel } = pairing;
    const request = await this.#accepted(channel, pairingRequest);
    const { own, peer, traits, identity } = this.#settings;
    const choice = pairingMethod(request, traits);
    if (traits.mitm && !choice.authenticated) throw refuse(smpReasons.authenticationRequirements);
    const response = this.#response(request, choice);
    const pairingResponse = encodeFeatures(smpCodes.pairingResponse, response);
    channel.send(pairingResponse);
    const exchange: KeyExchange = {
      channel,
      random: this.#ports.random,
      choice,
      pairingRequest,
      pairingResponse,
      initiator: peer,
      responder: own,
      passkey: this.#passkey(channel, choice),
      confirms: (digits) => this.#confirms(channel, digits),
    };
    const whole = await (choice.secureConnections ? secureExchange(exchange) : legacyExchange(exchange));
    const key = shortened(whole, Math.min(request.keyOctetsMax, response.keyOctetsMax));
    offerKey({ key, authenticated: choice.authenticated });
    await channel.during(pairing.encrypted.promise);
    const keys = await distributeKeys({ channel, random: this.#ports.random, request, response, identity });
    const ltk = choice.secureConnections ? { key, random: new Uint8Array(8), diversifier: 0 } : keys.ltk;
    const bonded = request.bonding && ltk !== null;
    if (ltk !== null && bonded) {
      const { random, diversifier } = ltk;
      const { authenticated, secureConnections } = choice;
      this.#ports.bonds.keep({
        peer: keys.peerIdentity?.address ?? peer,
        peerIrk: keys.peerIdentity?.irk ?? null,
        ltk: ltk.key,
        random,
        diversifier,
        authenticated,
        secureConnections,
      });
    }
    const { method, authenticated, secureConnections } = choice;
    return { type: "paired", method, authenticated, secureConnections, bonded };
  }

  /** What the request asks for, if it is answered at all. */
  async #accepted(channel: PairingChannel, pairingRequest: Uint8Array): Promise<PairingFeatures> {
    const { attempts, person } = this.#ports;
    if (attempts.isWaiting(this.#settings.peer)) throw refuse(smpReasons.repeatedAttempts);
    if (!(await channel.during(orElse(person.allowsPairing(), false)))) throw refuse(smpReasons.pairingNotSupported);
    const request = decodeFeatures(pairingRequest);
    const keyOctets = pairingRequest[4] ?? 0;
    if (request === null) {
      throw refuse(keyOctets < 7 || keyOctets > 16 ? smpReasons.encryptionKeySize : smpReasons.invalidParameters);
    }
    // The peer means to have out-of-band data of this device, which never gave any.
    if (request.hasOobData && request.secureConnections && this.#settings.traits.secureConnections) {
      throw refuse(smpReasons.oobNotAvailable);
    }
    return request;
  }

  #response(request: PairingFeatures, choice: PairingChoice): PairingFeatures {
    const { traits, identity } = this.#settings;
    const encryption = choice.secureConnections ? 0 : keyKinds.encryption;
    const ours = encryption | (identity === null ? 0 : keyKinds.identity);
    return {
      io: traits.io,
      hasOobData: false,
      bonding: request.bonding,
      mitm: traits.mitm,
      secureConnections: traits.secureConnections,
      keyOctetsMax: 16,
      initiatorKeys: request.initiatorKeys & keyKinds.identity,
      responderKeys: request.responderKeys & ours,
    };
  }

  /** The device shows its passkey, or asks for the other's, as soon as the method is known; once in each pairing. */
  #passkey(channel: PairingChannel, { method, shownBy }: PairingChoice): () => Promise<number> {
    if (method !== "passkey-entry") return () => Promise.resolve(0);
    const { person, random, tell } = this.#ports;
    if (shownBy === "responder") {
      const passkey = this.#settings.traits.passkey ?? integerBetween(random, 0, 999_999);
      tell({ type: "passkey-shown", passkey });
      return () => Promise.resolve(passkey);
    }
    const entered = channel.during(orElse(person.enterPasskey(channel.ended), null)).then((passkey) => {
      if (passkey === null) throw refuse(smpReasons.passkeyEntryFailed);
      return passkey;
    });
    // It may be refused before anybody waits for it.
    entered.catch((error: unknown) => error instanceof PairingFailure && channel.end(error));
    return () => entered;
  }

  #confirms(channel: PairingChannel, digits: number): Promise<boolean> {
    this.#ports.tell({ type: "digits-shown", digits });
    return orElse(this.#ports.person.confirmDigits(digits, channel.ended), false);
  }
}

/** Somebody who fails to answer has said no. */
const orElse = async <T>(answer: Promise<T>, otherwise: T): Promise<T> => await answer.catch(() => otherwise);

/** A key of a smaller size keeps its least significant octets (2.3.4). */
const shortened = (key: Uint8Array, octets: number): Uint8Array =>
  key.map((octet, position) => (position < octets ? octet : 0));
