import { attErrorOf } from "../../device-drivers/kit/guarded-link.ts";
import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { GattLink } from "../../device-drivers/ports/gatt.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import type { DeviceIdentity } from "../collect/device-identity.ts";
import type { BondJudgement, SessionBonds, SessionTicket, ShownDevice } from "../collect/session-bonds.ts";
import type { GatewayListener } from "../gateway-event.ts";
import type { Bond, ManagedRadio } from "../radio/managed-radio.ts";
import type { Part } from "../run-parts.ts";
import type { DeviceBond, Store } from "../store/store.ts";
import { type BondNews, bondWords } from "./bond-words.ts";
import { DeviceTurns } from "./device-turns.ts";
import { type HidingStranger, HidingStrangers, isHiding } from "./hiding-strangers.ts";
import { pairingWindowErrors } from "./pairing-window-error.ts";
import { unattended } from "./watched-dialogue.ts";

export interface BondKeeperComponents {
  readonly radios: readonly ManagedRadio[];
  /** The radio in use, which connects and pairs. */
  readonly active: () => ManagedRadio;
  readonly store: Pick<Store, "bonds" | "saveBond" | "forgetBond">;
  readonly clock: Clock;
  /** The likeliest time, in milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
  readonly onEvent: GatewayListener;
}

export interface NewBond {
  readonly bond: Bond;
  readonly method: DeviceBond["method"];
  readonly forgetsKey: boolean;
  /** Where it is not the bond's: the private address under which the device was paired. */
  readonly heardAs?: string;
}

/** A device that has refused its key is tried again this often: an error may have looked like a refusal. */
const lostRetryMs = 3_600_000;
/** A device that forgets its key is paired anew within this, or not at all. */
const repairMsMax = 45_000;

/**
 * Knows which device has a key and how it got it, notices when one is lost, and tells a person. It judges each session by
 * what the device was when it was paired, and is what the pairing window writes to.
 */
export class BondKeeper implements SessionBonds, Part {
  readonly name = "bond keeper";
  readonly turns = new DeviceTurns();
  readonly #with: BondKeeperComponents;
  readonly #strangers: HidingStrangers;
  /** When a session with a device of a lost key was last let through, by its address. */
  readonly #triedMs = new Map<string, number>();
  #pairing: Promise<unknown> = Promise.resolve();

  constructor(components: BondKeeperComponents) {
    this.#with = components;
    this.#strangers = new HidingStrangers(components);
  }

  /** Watches the radios until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const watching = this.#with.radios.map((radio) => this.#watch(radio, signal));
    await this.#reconcile();
    await Promise.all([...watching, this.#strangers.run(signal)]);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }

  async begin(address: string, early: GattLink | null, signal: AbortSignal): Promise<SessionTicket> {
    const giveBack = this.turns.tryTake(address);
    if (giveBack === null) throw pairingWindowErrors.make("device-being-paired", "the device is being paired");
    try {
      const row = await this.bondOf(address);
      this.#throwIfHopeless(row);
      const link = row?.forgetsKey === true ? await this.#pairAnew(address, early, signal) : early;
      return {
        link,
        end: async (outcome) => {
          giveBack();
          await this.#ended(address, outcome);
        },
      };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  isTaken(address: string): boolean {
    return this.turns.has(address);
  }

  async judge(identity: DeviceIdentity, shown: ShownDevice): Promise<BondJudgement> {
    const row = await this.bondOf(shown.address);
    const wasPaired = row !== null && row.method !== null;
    if (wasPaired && !shown.bonded && !row.forgetsKey) {
      throw gattErrors.make("bond-lost", "the device was paired, and comes without its key");
    }
    if ((row === null || isHiding(row)) && !shown.bonded) return { identity, wasPaired };
    if (row !== null && row.fingerprint !== null) return { identity: pinned(identity, row, shown), wasPaired };
    if (identity.type === "doubtful") return { identity, wasPaired };
    const { serial, model } = shown.information;
    const first = row ?? this.#foreignBond(shown.address, null);
    await this.#with.store.saveBond({ ...first, deviceId: identity.id, serial, model, fingerprint: shown.fingerprint });
    return { identity, wasPaired };
  }

  /**
   * Runs a pairing, from its start until `paired` was called. Until then nobody knows whose a new bond is, because a
   * device that hides its address is paired under another one than its bond has.
   */
  async during<T>(pairing: () => Promise<T>): Promise<T> {
    const work = pairing();
    this.#pairing = work.catch(() => undefined);
    return await work;
  }

  /** A device was paired here, on purpose: what it shows next is what it is judged by from then on. */
  async paired({ bond, method, forgetsKey, heardAs = bond.address }: NewBond): Promise<void> {
    const { store, now } = this.#with;
    const before = await this.bondOf(bond.address);
    const address = bond.address.toUpperCase();
    // What was noted of addresses that it will never use again is nobody's.
    if (heardAs.toUpperCase() !== address) await this.#strangers.paired(heardAs, bond.name);
    this.#triedMs.delete(address);
    await store.saveBond({
      address,
      deviceId: before?.deviceId ?? null,
      name: bond.name ?? before?.name ?? null,
      state: "bonded",
      since: now(),
      method: method ?? "just-works",
      forgetsKey,
      serial: null,
      model: null,
      fingerprint: null,
    });
    const isRepair = before !== null && (before.method !== null || before.state === "lost");
    this.#tell(isRepair ? "paired-again" : "paired", { ...bond, deviceId: before?.deviceId ?? null });
  }

  /** A pairing of this device has failed. If it had a key, that went first. */
  async unpaired(address: string): Promise<void> {
    const row = await this.bondOf(address);
    const bonds = row?.state === "bonded" && !row.forgetsKey ? await this.#bonds() : null;
    if (row === null || bonds === null || bonds.some((bond) => bond.address === row.address)) return;
    await this.#turn(row, "lost", "unpaired");
  }

  async bondOf(address: string): Promise<DeviceBond | null> {
    const key = address.toUpperCase();
    return (await this.#with.store.bonds()).find((bond) => bond.address === key) ?? null;
  }

  /**
   * Removes a device's key from every radio. The device's rows are the caller's to remove, before: a key that goes while
   * its row is there counts as lost. Every radio is asked, whatever another answers.
   */
  async forgetKey(address: string): Promise<boolean> {
    const answers = await Promise.allSettled(this.#with.radios.map((radio) => radio.forget(address)));
    for (const answer of answers) if (answer.status === "rejected") throw answer.reason;
    return answers.some((answer) => answer.status === "fulfilled" && answer.value);
  }

  #throwIfHopeless(row: DeviceBond | null): void {
    if (row === null || row.state !== "lost" || row.forgetsKey) return;
    const nowMs = this.#with.clock.monotonicMs();
    const triedMs = this.#triedMs.get(row.address);
    if (triedMs === undefined || nowMs - triedMs >= lostRetryMs) {
      this.#triedMs.set(row.address, nowMs);
      return;
    }
    throw gattErrors.make("bond-lost", "the device has lost its key, and was not paired again");
  }

  async #pairAnew(address: string, early: GattLink | null, signal: AbortSignal): Promise<null> {
    await early?.close();
    const limit = AbortSignal.any([signal, this.#expiry(repairMsMax, signal)]);
    await this.#with.active().pair({ address, io: "no-input-no-output" }, unattended, limit);
    return null;
  }

  /** Aborted when the time is up. */
  #expiry(limitMs: number, signal: AbortSignal): AbortSignal {
    const over = new AbortController();
    this.#with.clock.sleep(limitMs, signal).then(
      () => over.abort(gattErrors.make("operation-timeout", `the device was not paired within ${limitMs} ms`)),
      () => undefined,
    );
    return over.signal;
  }

  async #ended(
    address: string,
    { failure, bonded, deviceId, name, wantsPairing = null }: Parameters<SessionTicket["end"]>[0],
  ): Promise<void> {
    if (wantsPairing !== null) return await this.#noteHiding({ address, name, ...wantsPairing });
    const row = await this.bondOf(address);
    if (isKeyRefusal(failure)) {
      if (row?.forgetsKey === true || row?.state === "lost") return;
      const isOurs = row !== null && row.state === "bonded";
      if (!isOurs && deviceId === null) return;
      if (isOurs) await this.#turn(row, "lost", "refused");
      else if (row === null) {
        const needing = { ...this.#foreignBond(address, name), deviceId, state: "none" as const };
        await this.#turn(needing, "none", "needed");
      }
    } else if (failure === null && bonded && row !== null && row.state !== "bonded") {
      this.#triedMs.delete(row.address);
      await this.#turn(row, "bonded", "works-again");
    }
  }

  /** A device that does not tell who it is may be the one that is expected. */
  async #noteHiding(stranger: HidingStranger): Promise<void> {
    const place = await this.#strangers.admit(stranger);
    if (place === "none") return;
    const row: DeviceBond = { ...this.#foreignBond(stranger.address, stranger.name), state: "none" };
    if (place === "again") await this.#with.store.saveBond(row);
    else await this.#turn(row, "none", "needed");
  }

  async #watch(radio: ManagedRadio, signal: AbortSignal): Promise<void> {
    for await (const event of radio.events(signal)) {
      if (!("address" in event)) continue;
      // What happens to a device that is being paired is the pairing's own doing.
      if (this.turns.has(event.address)) continue;
      if (event.type === "bond-made") await this.#pairing;
      if (event.type === "bond-refused") await this.#lose(event.address, "refused");
      else await this.#compare(event.address);
    }
  }

  /** An event may be late: what counts is whether the key is there now. */
  async #compare(address: string): Promise<void> {
    const row = await this.bondOf(address);
    const bonds = await this.#bonds();
    if (bonds === null) return;
    const bond = bonds.find((candidate) => candidate.address === address.toUpperCase());
    if (bond === undefined) return await this.#lose(address, "removed");
    if (row?.state === "bonded") return;
    const fresh = { ...this.#foreignBond(address, bond.name), deviceId: row?.deviceId ?? null };
    await this.#turn(fresh, "bonded", "made-elsewhere");
  }

  async #lose(address: string, news: "refused" | "removed"): Promise<void> {
    const row = await this.bondOf(address);
    if (row?.state === "bonded" && !row.forgetsKey) await this.#turn(row, "lost", news);
  }

  /** What was removed while the gateway was not there. Only bluetoothd tells of keys that nobody uses. */
  async #reconcile(): Promise<void> {
    if (this.#with.radios.some(({ kind }) => kind !== "bluez")) return;
    const bonds = await this.#bonds();
    if (bonds === null) return;
    const there = new Set(bonds.map(({ address }) => address));
    // With no key at all it may just as well not be up yet.
    if (there.size === 0) return;
    for (const { address } of await this.#with.store.bonds())
      if (!there.has(address)) await this.#lose(address, "removed");
  }

  /** Null while a radio is away: then nobody knows what it holds. */
  async #bonds(): Promise<readonly Bond[] | null> {
    try {
      return (await Promise.all(this.#with.radios.map((radio) => radio.bonds()))).flat();
    } catch (error) {
      if (!gattErrors.is(error)) throw error;
      return null;
    }
  }

  async #turn(row: DeviceBond, state: DeviceBond["state"], news: BondNews): Promise<void> {
    await this.#with.store.saveBond({ ...row, state, since: this.#with.now() });
    this.#tell(news, row);
  }

  #tell(news: BondNews, { name, deviceId }: Pick<DeviceBond, "name" | "deviceId">): void {
    const { log, onEvent } = this.#with;
    const isBad = states[news] !== "bonded" || news === "made-elsewhere";
    if (isBad) log.warn("bond-news", { reason: news });
    else log.info("bond-news", { reason: news });
    onEvent({ type: "bond", state: states[news], deviceId, name, told: bondWords(news, name) });
  }

  #foreignBond(address: string, name: string | null): DeviceBond {
    const nothing = { deviceId: null, method: null, serial: null, model: null, fingerprint: null } as const;
    return {
      ...nothing,
      address: address.toUpperCase(),
      name,
      state: "bonded",
      since: this.#with.now(),
      forgetsKey: false,
    };
  }
}

const states: Readonly<Record<BondNews, DeviceBond["state"]>> = {
  paired: "bonded",
  "paired-again": "bonded",
  "works-again": "bonded",
  "made-elsewhere": "bonded",
  refused: "lost",
  removed: "lost",
  unpaired: "lost",
  needed: "none",
};

/** Core Vol 3 Part F 3.4.1.1: Insufficient Authentication, Authorization and Encryption. */
const keyRefusals: ReadonlySet<number | null> = new Set([0x05, 0x08, 0x0f]);

const isKeyRefusal = (failure: CarepostError | null): boolean =>
  gattErrors.is(failure, "bond-lost") || keyRefusals.has(attErrorOf(failure));

/** A device is what it was when it was paired, or it is in doubt. What it does not tell this time is no contradiction. */
function pinned(
  identity: DeviceIdentity,
  row: DeviceBond,
  { address, information, fingerprint }: ShownDevice,
): DeviceIdentity {
  const differs = (now: string | null, then: string | null): boolean => now !== null && then !== null && now !== then;
  const isOther =
    differs(information.serial, row.serial) ||
    differs(information.model, row.model) ||
    (identity.type === "identified" && differs(identity.id, row.deviceId));
  const reason = isOther
    ? "it came with another identity than it had when it was paired"
    : "its services are not those that it had when it was paired: pair it again if its firmware was renewed";
  const isSame = !isOther && fingerprint === row.fingerprint;
  return isSame ? identity : { type: "doubtful", id: `doubtful:${address.toUpperCase()}`, doubt: "mismatch", reason };
}
