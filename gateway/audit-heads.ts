import { uuidV5 } from "../cloud-sync/uuid-v5.ts";
import type { Clock } from "../device-drivers/ports/clock.ts";
import type { Log } from "../device-drivers/ports/log.ts";
import { codeOf } from "../cloud-sync/uplink/code-of.ts";
import type { Part } from "./run-parts.ts";
import type { AuditHead, Store } from "./store/store.ts";

interface AuditHeadComponents {
  readonly gateway: string;
  readonly store: Pick<Store, "auditHead" | "record" | "setting" | "saveSetting">;
  readonly clock: Clock;
  /** The likeliest time, in milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
}

/** The namespace of the ids of audit-head events (RFC 9562, 6.6). */
const namespace = "6f0c2f5e-7f0b-4a39-9c39-0a52b7d1f3c8";
/** Under this name the settings keep the head that was told last, as `SEQ:HASH`. */
export const headToldSetting = "audit.head-told";
export const headIntervalMs = 15 * 60_000;

/**
 * Tells the cloud where the audit log ends whenever it has grown: at the start, every 15 minutes and at the stop. Whoever
 * cuts the log off later cannot take that word back. Telling writes nothing into the log, so it never causes itself.
 */
export function auditHeads(components: AuditHeadComponents): Part {
  const { clock, log } = components;
  const tell = async (): Promise<void> => {
    await tellHead(components).catch((error: unknown) => log.warn("audit-head-not-told", { code: codeOf(error) }));
  };
  return {
    name: "audit heads",
    run: async (signal) => {
      while (!signal.aborted) {
        await tell();
        await clock.sleep(headIntervalMs, signal).catch(() => undefined);
      }
      await tell();
    },
  };
}

async function tellHead({ gateway, store, now }: AuditHeadComponents): Promise<void> {
  const head = await store.auditHead();
  if (head === null) return;
  const text = `${head.seq}:${head.hash}`;
  if ((await store.setting(headToldSetting)) === text) return;
  await store.record({ changes: [], events: [headEvent(gateway, head, now())], audit: [] });
  // A crash before this makes the event again: it has the same id, and whoever receives it knows it by that.
  await store.saveSetting(headToldSetting, text);
}

const headEvent = (gateway: string, { seq, hash }: AuditHead, at: number) =>
  ({
    v: 1,
    id: uuidV5(namespace, JSON.stringify([gateway, seq, hash])),
    gateway,
    at,
    event: { type: "audit-head", seq, hash },
  }) as const;
