import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { AirCommand } from "../../air/air-command.ts";
import type { VirtualAir } from "../../air/virtual-air.ts";
import type { VirtualPeripheral } from "../../peripherals/virtual-peripheral.ts";
import { seededRandom, seedOf } from "../../random.ts";
import { ClientMemory } from "../att/client-memory.ts";
import type { Controller } from "../controller/controller.ts";
import { addressOctets, addressText } from "../controller/device-address.ts";
import { hciErrors } from "../controller/hci-error.ts";
import type { WantedParameters } from "../l2cap/le-signalling.ts";
import { resolvableOctets } from "../private-address.ts";
import { AttemptGuard } from "../smp/attempt-guard.ts";
import { BondStore } from "../smp/bond-store.ts";
import { randomOctets } from "../smp/key-agreement.ts";
import type { Identity } from "../smp/key-distribution.ts";
import type { PairingEvent, PairingPerson } from "../smp/security-manager.ts";
import type { SmpAddress } from "../smp/toolbox.ts";
import { advertisingData } from "./advertising-data.ts";
import { DeviceConnection, type DeviceParts } from "./device-connection.ts";
import { type HostLink, type HostLinkUser, PeripheralHost } from "./peripheral-host.ts";

export interface VirtualDeviceOptions {
  readonly controller: Controller;
  readonly clock: Clock;
  readonly seed: number;
  readonly person: PairingPerson;
  readonly mtuMax?: number;
  readonly keepsSubscriptions?: boolean;
  readonly wantedParameters?: WantedParameters;
  readonly tell: (event: VirtualDeviceEvent) => void;
}

export type VirtualDeviceEvent =
  | PairingEvent
  | { readonly type: "connected" }
  | { readonly type: "disconnected"; readonly reason: number };

const defaultMtuMax = 247;
/** T_GAP(private_addr_int), as recommended (Core Vol 3 Part C Appendix A). */
const privateAddressMs = 900_000;

/** One device of the air with its controller and its host: what it remembers outlives its connections. */
export class VirtualDevice {
  readonly controller: Controller;
  readonly #air: VirtualAir;
  readonly #peripheral: VirtualPeripheral;
  readonly #options: VirtualDeviceOptions;
  readonly #parts: DeviceParts;
  readonly #bonds = new BondStore();
  readonly #clients = new ClientMemory();
  readonly #host: PeripheralHost;
  readonly #identity: Identity | null;
  #addressInUse: SmpAddress;
  #hidSinceMs = -Infinity;

  constructor(air: VirtualAir, peripheral: VirtualPeripheral, options: VirtualDeviceOptions) {
    const { controller, clock, seed, person, tell } = options;
    this.controller = controller;
    this.#air = air;
    this.#peripheral = peripheral;
    this.#options = options;
    const random = seededRandom(seedOf(seed, "bluetooth device", peripheral.address));
    this.#addressInUse = identityAddress(peripheral);
    const isPrivate = peripheral.addressKind === "random-private";
    this.#identity = isPrivate ? { irk: randomOctets(random, 16), address: this.#addressInUse } : null;
    this.#parts = {
      air,
      peripheral,
      bonds: this.#bonds,
      clients: this.#clients,
      security: { clock, random, attempts: new AttemptGuard(clock) },
      person,
      identity: this.#identity,
      mtuMax: options.mtuMax ?? defaultMtuMax,
      keepsSubscriptions: options.keepsSubscriptions ?? false,
      wantedParameters: options.wantedParameters ?? null,
      tell,
      drop: (how) => {
        controller.dropLinks(how === "timed-out" ? hciErrors.connectionTimeout : hciErrors.failedToBeEstablished);
      },
    };
    this.#host = new PeripheralHost({
      transport: controller.host(),
      clock,
      address: () => this.#nextAddress(random),
      connected: (link) => this.#connected(link),
    });
    void this.#host.start();
    air.command({ type: "forget-bond", address: peripheral.address });
  }

  /** Upper case, octets parted by colons. */
  get addressInUse(): string {
    return addressText(this.#addressInUse.octets);
  }

  /** Advertises what the device is now, or nothing while it sleeps. */
  look(): void {
    const { name, services, address } = this.#peripheral;
    this.#host.advertise(this.#air.isAdvertising(address) ? advertisingData(name, services) : null);
  }

  obey(command: AirCommand): void {
    if (command.type === "forget-bond") {
      this.#bonds.forgetAll();
      this.#clients.forgetAll();
    }
    this.look();
  }

  close(): void {
    this.#host.close();
    this.controller.remove();
  }

  #connected(link: HostLink): HostLinkUser {
    const { tell } = this.#options;
    const connection = new DeviceConnection(this.#parts, link);
    tell({ type: "connected" });
    return {
      frame: (frame) => connection.frame(frame),
      longTermKey: (random, diversifier) => connection.longTermKey(random, diversifier),
      encryptionChanged: (isEncrypted) => connection.encryptionChanged(isEncrypted),
      ended: (reason) => {
        connection.ended();
        tell({ type: "disconnected", reason });
      },
    };
  }

  /** A device that hides takes a new private address when it begins to advertise and the last one is old. */
  #nextAddress(random: ReturnType<typeof seededRandom>): SmpAddress {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#identity !== null && nowMs - this.#hidSinceMs >= privateAddressMs) {
      this.#hidSinceMs = nowMs;
      this.#addressInUse = { kind: "random", octets: resolvableOctets(this.#identity.irk, randomOctets(random, 3)) };
    }
    return this.#addressInUse;
  }
}

/** The two highest bits of a static address are set (Core Vol 6 Part B 1.3.2.1); what has not is taken for public. */
function identityAddress({ address, addressKind }: VirtualPeripheral): SmpAddress {
  const octets = addressOctets(address) ?? new Uint8Array(6);
  const isStatic = addressKind === "random-static" || (addressKind === "random-private" && (octets[5] ?? 0) >= 0xc0);
  return { kind: isStatic ? "random" : "public", octets };
}
