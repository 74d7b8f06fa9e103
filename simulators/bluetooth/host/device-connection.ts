import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import { type AirConnection, endedByDevice } from "../../air/air-connection.ts";
import type { PairingDevice } from "../../air/air-pairing.ts";
import type { VirtualAir } from "../../air/virtual-air.ts";
import { justWorks } from "../../peripherals/pairing-traits.ts";
import type { VirtualPeripheral } from "../../peripherals/virtual-peripheral.ts";
import { attCodes, AttError } from "../att/att-pdu.ts";
import { AttServer } from "../att/att-server.ts";
import { AttributeAccess, type LinkSecurity } from "../att/attribute-access.ts";
import type { ClientMemory } from "../att/client-memory.ts";
import { type GattDatabase, gattDatabase } from "../att/gatt-database.ts";
import { channels, type L2capFrame } from "../l2cap/frame-assembler.ts";
import { answerSignal, parameterUpdateRequest, type WantedParameters } from "../l2cap/le-signalling.ts";
import type { BondStore } from "../smp/bond-store.ts";
import type { Identity } from "../smp/key-distribution.ts";
import {
  type PairingEvent,
  type PairingPerson,
  SecurityManager,
  type SecurityManagerPorts,
} from "../smp/security-manager.ts";
import type { HostLink, HostLinkUser } from "./peripheral-host.ts";

/** What all connections of one device share. */
export interface DeviceParts {
  readonly air: VirtualAir;
  readonly peripheral: VirtualPeripheral;
  readonly bonds: BondStore;
  readonly clients: ClientMemory;
  readonly security: Omit<SecurityManagerPorts, "bonds" | "person" | "send" | "tell">;
  readonly person: PairingPerson;
  readonly identity: Identity | null;
  readonly mtuMax: number;
  /** Do subscriptions of bonded clients outlive the connection? */
  readonly keepsSubscriptions: boolean;
  /** Asked of the central as soon as it is connected; null for nothing. */
  readonly wantedParameters: WantedParameters | null;
  readonly tell: (event: PairingEvent) => void;
  /** Breaks the link as the air does, not as a host ends it. */
  readonly drop: (how: "timed-out" | "never-established") => void;
}

/** Service Changed (Core Vol 3 Part G 7.1): all handles. */
const everyHandle = Uint8Array.of(0x01, 0x00, 0xff, 0xff);

/** A central that does not take what was sent before the link was lost does not get it. */
const drainTimeoutMs = 1_000;

/** One central's connection to one device: what L2CAP brings goes to ATT and SMP, and from there to the air. */
export class DeviceConnection implements HostLinkUser {
  readonly #parts: DeviceParts;
  readonly #link: HostLink;
  readonly #database: GattDatabase;
  readonly #access: AttributeAccess;
  readonly #att: AttServer;
  readonly #security: SecurityManager;
  readonly #over = new AbortController();
  readonly #air: Promise<AirConnection>;

  constructor(parts: DeviceParts, link: HostLink) {
    this.#parts = parts;
    this.#link = link;
    this.#database = gattDatabase(parts.peripheral);
    const traits = parts.peripheral.pairing ?? justWorks;
    this.#security = new SecurityManager(
      {
        ...parts.security,
        bonds: parts.bonds,
        person: this.#person(),
        send: (payload) => link.send({ channel: channels.securityManager, payload }),
        tell: (event) => this.#paired(event),
      },
      { traits, own: link.own, peer: link.peer, identity: parts.identity },
    );
    this.#access = new AttributeAccess({
      database: this.#database,
      device: {
        read: (handle) => this.#ask((air) => air.read(handle, this.#over.signal)),
        write: (handle, value) => this.#ask((air) => air.write(handle, value, this.#over.signal)),
        configure: (handle, enabled) => this.#ask((air) => air.configure(handle, enabled, this.#over.signal)),
      },
      security: () => this.#linkSecurity(),
      configured: (configurations) => this.#remember(configurations),
    });
    this.#att = new AttServer({
      access: this.#access,
      send: (payload) => link.send({ channel: channels.att, payload }),
      mtuMax: parts.mtuMax,
    });
    this.#air = this.#open();
    this.#air.catch(unlessGone);
    if (traits.requestsSecurity) this.#security.requestSecurity();
    if (parts.wantedParameters !== null) {
      const payload = parameterUpdateRequest(1, parts.wantedParameters);
      link.send({ channel: channels.leSignalling, payload });
    }
  }

  frame({ channel, payload }: L2capFrame): void {
    if (channel === channels.att) this.#att.receive(payload);
    else if (channel === channels.securityManager) this.#security.receive(payload);
    else if (channel === channels.leSignalling) this.#signal(payload);
  }

  async longTermKey(random: Uint8Array, diversifier: number): Promise<Uint8Array | null> {
    // Whether the device still has its keys is known when the air has decided about the connection.
    await this.#air.catch(() => undefined);
    return await this.#security.longTermKey(random, diversifier);
  }

  encryptionChanged(isEncrypted: boolean): void {
    this.#security.encryptionChanged(isEncrypted);
    if (isEncrypted) this.#recall().catch(unlessGone);
  }

  ended(): void {
    this.#over.abort(gattErrors.make("link-closed", "the central has gone"));
    this.#att.end();
    this.#security.end();
    void this.#air.then(
      (air) => air.close(),
      () => undefined,
    );
    if (this.#parts.peripheral.pairing?.forgetsKeys === true) this.#forget();
  }

  async #open(): Promise<AirConnection> {
    const { air, peripheral } = this.#parts;
    try {
      const connection = await air.open(
        peripheral.address,
        {
          room: () => this.#link.room(),
          value: ({ handle, value, confirm }) => {
            const confirmed = confirm === null ? null : () => void this.#air.then((open) => open.confirm(confirm));
            this.#att.sendValue({ handle: this.#database.valueHandle(handle) ?? 0, value, confirmed });
          },
          lost: (reason) => void this.#lose(reason),
        },
        this.#over.signal,
      );
      // What the air says of the bond counts: its commands and its chance act there.
      if (!connection.bonded) this.#forget();
      return connection;
    } catch (error) {
      // The air refuses: to the central this is a device that it never really reached.
      if (!this.#over.signal.aborted) this.#parts.drop("never-established");
      throw error;
    }
  }

  #forget(): void {
    this.#parts.bonds.forgetAll();
    this.#parts.clients.forgetAll();
  }

  /** The air or the device has ended the connection; what was sent before has arrived. */
  async #lose(reason: string): Promise<void> {
    await Promise.race([
      this.#link.drained(),
      this.#parts.security.clock.sleep(drainTimeoutMs, this.#over.signal).catch(() => undefined),
    ]);
    if (this.#over.signal.aborted) return;
    if (reason === endedByDevice) this.#link.disconnect();
    else this.#parts.drop("timed-out");
  }

  async #ask<T>(request: (air: AirConnection) => Promise<T>): Promise<T> {
    try {
      return await request(await this.#air);
    } catch (error) {
      if (!gattErrors.is(error, "att-error")) throw error;
      const { attError } = error.context;
      throw new AttError(0, typeof attError === "number" ? attError : attCodes.unlikelyError);
    }
  }

  #signal(signal: Uint8Array): void {
    const payload = answerSignal(signal);
    if (payload !== null) this.#link.send({ channel: channels.leSignalling, payload });
  }

  #linkSecurity(): LinkSecurity {
    const { encryption, bond } = this.#security;
    return {
      isEncrypted: encryption !== null,
      isAuthenticated: encryption?.authenticated ?? false,
      hasKey: bond !== null,
      demandsAuthentication: this.#parts.peripheral.pairing?.mitm ?? false,
    };
  }

  /** The device's own person, to whom the air's commands happen: a refusal, a slip of the finger. */
  #person(): PairingPerson {
    const { person } = this.#parts;
    const device = async (): Promise<PairingDevice> => (await this.#air).path.pairingDevice;
    return {
      allowsPairing: async () => (await device()).agrees() && (await person.allowsPairing()),
      enterPasskey: async (signal) => {
        const passkey = await person.enterPasskey(signal);
        return passkey === null ? null : (await device()).typed(passkey);
      },
      confirmDigits: (digits, signal) => person.confirmDigits(digits, signal),
    };
  }

  #show(digits: number | null): void {
    this.#air.then(
      (open) => open.path.pairingDevice.show(digits),
      () => undefined,
    );
  }

  #paired(event: PairingEvent): void {
    const { air, peripheral, tell } = this.#parts;
    if (event.type === "passkey-shown") this.#show(event.passkey);
    else this.#show(event.type === "digits-shown" ? event.digits : null);
    if (event.type === "paired" && event.bonded) {
      air.command({ type: "pair", address: peripheral.address });
      this.#remember(this.#access.configurations);
    }
    tell(event);
  }

  #remember(configurations: ReadonlyMap<number, number>): void {
    const { bond, encryption } = this.#security;
    if (bond === null || encryption === null) return;
    this.#parts.clients.remember(bond.peer, { configurations: new Map(configurations), hash: this.#database.hash });
  }

  /** A client that is known gets back what it had configured, and hears of a table that has changed since. */
  async #recall(): Promise<void> {
    const { bond } = this.#security;
    const known = bond === null ? null : this.#parts.clients.recall(bond.peer);
    if (known === null) return;
    const { serviceChangedHandle } = this.#database;
    const own = this.#database.configurationHandle(serviceChangedHandle);
    const kept = Array.from(known.configurations).filter(
      ([handle]) => handle === own || this.#parts.keepsSubscriptions,
    );
    const isChanged = Buffer.compare(known.hash, this.#database.hash) !== 0;
    // After a change of the table, handles mean something else.
    await this.#access.restore(new Map(isChanged ? kept.filter(([handle]) => handle === own) : kept));
    if (!isChanged) return;
    this.#remember(this.#access.configurations);
    this.#att.sendValue({ handle: serviceChangedHandle, value: everyHandle, confirmed: () => undefined });
  }
}

/** The end of a link is told by the link itself; everything else is a defect. */
function unlessGone(error: unknown): void {
  if (!gattErrors.is(error)) throw error;
}
