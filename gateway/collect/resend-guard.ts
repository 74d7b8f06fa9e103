import { createHash } from "node:crypto";
import { z } from "zod";
import { toHex } from "../../device-drivers/kit/hex.ts";
import type { Measurement } from "../../device-drivers/measurement/measurement.ts";
import type { Store } from "../store/store.ts";
import type { CollectionOutcome } from "./session-history.ts";
import { isWithoutClock, readingId, type ReceiptMoment } from "./reading-id.ts";

/** A device that hung up, as many do when they are done, shows a reading that it wants confirmed within this time. */
const hungUpMs = 600_000;

/**
 * Ids for readings that nothing but their receipt tells apart. A cuff without a clock whose link is lost between a value
 * and its confirmation shows the same octets again, first of all, when it is next connected to: that is the same
 * reading, though it is received a second time. So the last such reading of a session is remembered, on disk before
 * it is stored, until it is known that the device has heard the confirmation.
 */
export class ResendGuard {
  readonly #store: Store;
  readonly #deviceId: string;
  /** From the session before, until the first reading of this one. */
  #before: Unconfirmed | null;
  /** The last of this session. */
  #last: Unconfirmed | null = null;

  constructor(store: Store, deviceId: string, before: Unconfirmed | null) {
    this.#store = store;
    this.#deviceId = deviceId;
    this.#before = before;
  }

  /** Resolves when what has to be remembered is on disk; the reading is to be stored after that. */
  async idOf(measurement: Measurement, receipt: ReceiptMoment): Promise<string> {
    const id = readingId(this.#deviceId, measurement, receipt);
    if (!isWithoutClock(measurement)) return id;
    const digest = digestOf(measurement);
    const isResent = this.#before?.digest === digest;
    this.#last = { id: isResent ? (this.#before?.id ?? id) : id, digest, untilAt: null };
    this.#before = null;
    if (!isResent) await this.#save(this.#last);
    return this.#last.id;
  }

  /**
   * How the session ended. `alive`: the link still stood, so the device heard every confirmation. `hung-up`: it did
   * what devices do when they are done, but it may have been the air; what was shown last may come again soon.
   * After any other end it may come again whenever the device does.
   */
  async ended(link: CollectionOutcome["link"], nowAt: number): Promise<void> {
    if (this.#last === null) return;
    await this.#save(link === "alive" ? null : { ...this.#last, untilAt: nowAt + hungUpMs });
  }

  async #save(unconfirmed: Unconfirmed | null): Promise<void> {
    const text = unconfirmed === null ? "" : JSON.stringify(unconfirmed);
    await this.#store.saveSetting(settingName(this.#deviceId), text);
  }
}

export async function openResendGuard(store: Store, deviceId: string, nowAt: number): Promise<ResendGuard> {
  const text = await store.setting(settingName(deviceId));
  const stored = text === null || text === "" ? null : (unconfirmed.safeParse(JSON.parse(text)).data ?? null);
  const isOver = stored !== null && stored.untilAt !== null && stored.untilAt < nowAt;
  return new ResendGuard(store, deviceId, isOver ? null : stored);
}

type Unconfirmed = z.infer<typeof unconfirmed>;
const unconfirmed = z.strictObject({
  id: z.uuid(),
  digest: z.string(),
  /** When it is too late for it to come again; null if it never is. */
  untilAt: z.int().nullable(),
});

const digestOf = ({ frames }: Measurement): string =>
  createHash("sha256")
    .update(JSON.stringify(frames.map(({ characteristic, bytes }) => [characteristic, toHex(bytes)])))
    .digest("hex");

const settingName = (deviceId: string): string =>
  `unconfirmed:${createHash("sha256").update(deviceId).digest("hex").slice(0, 32)}`;
