import type { PairedDevice } from "../../pairing/pairing-window.ts";
import type { Assignment, KnownDevice, Store } from "../../store/store.ts";
import type { DeviceKind, VisitDevice } from "../contract/visit-view.ts";
import { kioskDevices } from "../kiosk-devices.ts";
import { kioskErrors } from "../kiosk-error.ts";
import { deviceKindOf } from "./device-kind.ts";
import { makeToken } from "./token.ts";

/** Who was known here before a device was paired, and the address that it was chosen by. */
export interface BeforePairing {
  readonly heardAs: string;
  readonly addresses: ReadonlySet<string>;
  readonly ids: ReadonlySet<string>;
}

/** A device that was paired in this visit. */
export interface OwnDevice {
  readonly token: string;
  readonly paired: PairedDevice;
  readonly kind: DeviceKind;
  /** When, on the monotonic clock: since then it is in this person's hands. */
  readonly pairedMs: number;
  readonly before: BeforePairing;
  /** Null until it has said who it is. */
  readonly deviceId: string | null;
  readonly isEnrolled: boolean;
}

/**
 * Was it here before this visit? Then it is not forgotten with it. One that hides its address is chosen by another than it
 * is known by, and one that slept through its first look tells only later who it is.
 */
export function wasKnown({ before, paired, deviceId }: Pick<OwnDevice, "before" | "paired" | "deviceId">): boolean {
  const addresses = [before.heardAs, paired.address].map((address) => address.toUpperCase());
  return (deviceId !== null && before.ids.has(deviceId)) || addresses.some((each) => before.addresses.has(each));
}

const devicesMax = 16;
const ownMax = 4;
/** So many readings of a device are looked at for the user slots that it has. */
const slotReadingsMax = 50;

/** The devices that a visit may use, under tokens that mean nothing outside of it. */
export class VisitDevices {
  readonly #store: Store;
  readonly #person: string;
  readonly #tokens = new Map<string, string>();
  readonly #slots = new Map<string, number>();
  #known: readonly KnownDevice[] = [];
  #kiosk: ReadonlySet<string> = new Set();
  #assignments: readonly Assignment[] = [];
  #own: readonly OwnDevice[] = [];

  constructor(store: Store, person: string) {
    this.#store = store;
    this.#person = person;
  }

  get own(): readonly OwnDevice[] {
    return this.#own;
  }

  /** Was one of them paired without saying who it is, and is not known yet? */
  get hasStrangers(): boolean {
    const isMet = (own: OwnDevice): boolean =>
      own.paired.look !== null || this.#known.some(({ id }) => id === own.deviceId);
    return this.#own.some((own) => !isMet(own));
  }

  get assignments(): readonly Assignment[] {
    return this.#assignments;
  }

  /** The addresses of the kiosk's own devices: nobody pairs these anew from the screen. */
  get kioskAddresses(): ReadonlySet<string> {
    const stay = this.#known.filter(({ id }) => this.#kiosk.has(id));
    return new Set(stay.map(({ address }) => address.toUpperCase()));
  }

  /** Reads anew what the store knows; a device that was paired without saying who it is may have said so since. */
  async refresh(): Promise<void> {
    const [known, kiosk, assignments, bonds] = await Promise.all([
      this.#store.devices(),
      kioskDevices(this.#store),
      this.#store.assignments(),
      this.#store.bonds(),
    ]);
    this.#known = known;
    this.#kiosk = kiosk;
    this.#assignments = assignments;
    this.#own = this.#own.map((own) => {
      if (own.deviceId !== null) return own;
      const address = own.paired.address.toUpperCase();
      const bond = bonds.find((each) => each.address.toUpperCase() === address);
      return { ...own, deviceId: bond?.deviceId ?? null };
    });
    for (const { id } of this.#usable()) await this.#countSlots(id);
  }

  /** Who is known here, before the device that is heard by this address is paired. */
  async beforePairing(heardAs: string): Promise<BeforePairing> {
    const [devices, bonds] = await Promise.all([this.#store.devices(), this.#store.bonds()]);
    // A stranger that was asked who it is may have a row that says no more than that it wants to be paired.
    const paired = bonds.filter(({ state }) => state !== "none");
    const addresses = new Set([...devices, ...paired].map(({ address }) => address.toUpperCase()));
    return { heardAs, addresses, ids: new Set(devices.map(({ id }) => id)) };
  }

  /** Those of a kind: of this person first, then the kiosk's. */
  list(kind: DeviceKind): readonly VisitDevice[] {
    const own = this.#own.map((each) => this.#ownView(each));
    const ids = new Set(this.#own.map(({ deviceId }) => deviceId));
    const others = this.#usable().filter(({ id }) => !ids.has(id));
    const all = [...own, ...others.map((device) => this.#view(device))];
    return all
      .filter((device) => device.kind === kind)
      .toSorted((a, b) => Number(b.of === "own") - Number(a.of === "own"))
      .slice(0, devicesMax);
  }

  /** Those that were paired in this visit. */
  paired(): readonly VisitDevice[] {
    return this.#own.slice(-ownMax).map((own) => this.#ownView(own));
  }

  find(token: string, kinds: readonly DeviceKind[]): VisitDevice {
    const found = kinds.flatMap((kind) => this.list(kind)).find((device) => device.token === token);
    if (found !== undefined) return found;
    throw kioskErrors.make("device-unknown-here", "there is no such device in this visit");
  }

  /** Null for one that has not said who it is. */
  idOf(token: string): string | null {
    const own = this.#own.find((each) => each.token === token);
    if (own !== undefined) return own.deviceId;
    for (const [id, known] of this.#tokens) if (known === token) return id;
    return null;
  }

  /** Where it is heard. */
  addressOf(token: string): string | null {
    const own = this.#own.find((each) => each.token === token);
    if (own !== undefined) return own.paired.address;
    const id = this.idOf(token);
    return this.#known.find((device) => device.id === id)?.address ?? null;
  }

  add(paired: PairedDevice, { kind, pairedMs, before }: Pick<OwnDevice, "kind" | "pairedMs" | "before">): OwnDevice {
    const again = this.#own.find((each) => each.paired.address === paired.address);
    const own: OwnDevice = {
      token: again?.token ?? makeToken(),
      paired,
      kind: deviceKindOf(paired.look?.driver ?? null) ?? kind,
      pairedMs: again?.pairedMs ?? pairedMs,
      before: again?.before ?? before,
      deviceId: paired.look?.deviceId ?? again?.deviceId ?? null,
      isEnrolled: again?.isEnrolled ?? false,
    };
    this.#own = [...this.#own.filter((each) => each !== again), own];
    return own;
  }

  enrolled(token: string): void {
    this.#own = this.#own.map((own) => (own.token === token ? { ...own, isEnrolled: true } : own));
  }

  /** A reading has shown that the device keeps users apart. */
  sawSlot(deviceId: string, userSlot: number | null): void {
    if (userSlot === null) return;
    this.#slots.set(deviceId, Math.max(2, userSlot, this.#slots.get(deviceId) ?? 0));
  }

  /** The kiosk's own, and those that are assigned to this person already. */
  #usable(): readonly KnownDevice[] {
    const theirs = this.#assignments.filter(({ person, untilAt }) => person === this.#person && untilAt === null);
    const ids = new Set([...this.#kiosk, ...theirs.map(({ deviceId }) => deviceId)]);
    return this.#known.filter(({ id, driver }) => ids.has(id) && deviceKindOf(driver) !== null);
  }

  async #countSlots(deviceId: string): Promise<void> {
    if (this.#slots.has(deviceId)) return;
    const seen = await this.#store.readings({ deviceId, limit: slotReadingsMax });
    for (const { reading } of seen) this.sawSlot(deviceId, reading.userSlot);
  }

  #view(device: KnownDevice): VisitDevice {
    const token = this.#tokens.get(device.id) ?? makeToken();
    this.#tokens.set(device.id, token);
    const { id, driver, name, manufacturer, model, serial } = device;
    return {
      token,
      kind: deviceKindOf(driver) ?? "blood-pressure-monitor",
      ...described({ name, manufacturer, model, serial }),
      of: this.#kiosk.has(id) ? "kiosk" : "own",
      userSlots: this.#slotsOf(id),
    };
  }

  #ownView({ token, kind, paired, deviceId }: OwnDevice): VisitDevice {
    const known = this.#known.find(({ id }) => id === deviceId);
    const { manufacturer = null, model = null, serial = null } = paired.look ?? known ?? {};
    const told = described({ name: paired.name ?? known?.name ?? null, manufacturer, model, serial });
    return { token, kind, ...told, of: "own", userSlots: deviceId === null ? 0 : this.#slotsOf(deviceId) };
  }

  #slotsOf(deviceId: string): number {
    return Math.min(8, this.#slots.get(deviceId) ?? 0);
  }
}

type Description = Pick<KnownDevice, "name" | "manufacturer" | "model" | "serial">;

const described = ({ name, manufacturer, model, serial }: Description) => ({
  name: name?.slice(0, 248) ?? null,
  manufacturer: manufacturer?.slice(0, 128) ?? null,
  model: model?.slice(0, 128) ?? null,
  serialEnd: serial?.slice(-4) ?? null,
});
