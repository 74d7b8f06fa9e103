import { z } from "zod";
import { type PackedText, packText } from "../../cloud-sync/contract/packed-text.ts";
import { writeAudit } from "../care/write-audit.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { gatewayErrors } from "../gateway-error.ts";
import type { Store } from "../store/store.ts";

export interface CloudBundlePorts {
  readonly store: Store;
  readonly clock: Clock;
  /** The likeliest time, in milliseconds since 1970. */
  readonly now: () => number;
  /** Writes the text. What is not done when the signal is aborted is left out of it. */
  readonly make: (signal: AbortSignal) => Promise<string>;
}

/** A method of an IoT Hub is answered within 25 s, and who asks by hand waits no longer either. */
const checksMsMax = 15_000;
/** It costs a gateway some seconds of work and a network some tens of kilobytes; who asks more often asks by mistake. */
const pauseMs = 600_000;

/**
 * The support bundle as the cloud gets it: in one message, at most one in ten minutes, and each in the audit log as one
 * that was made on the spot. Rejects with `support-bundle-too-soon`.
 */
export function bundleForCloud({ store, clock, now, make }: CloudBundlePorts): () => Promise<PackedText> {
  let madeMs = -Infinity;
  return async () => {
    const startedMs = clock.monotonicMs();
    if (startedMs - madeMs < pauseMs) throw gatewayErrors.make("support-bundle-too-soon", "one was just made");
    madeMs = startedMs;
    const text = await make(AbortSignal.timeout(checksMsMax));
    const packed = packedBundle(text);
    await writeAudit(store, { at: now(), actor: "cloud", action: "support-bundle-made", subject: {} });
    return packed;
  };
}

const cuttable = z.looseObject({
  store: z.looseObject({ devices: z.array(z.unknown()) }).nullable(),
  running: z.looseObject({ log: z.array(z.string()) }).nullable(),
});

/** How many log lines, and how many devices, are kept: the first that fits is taken. The latest lines say most. */
const sizes = [
  [200, 256],
  [100, 256],
  [50, 64],
  [10, 16],
  [0, 0],
] as const;

/**
 * Within the bound of a message. What has to be left out is named in the text, as `leftOut`. Throws
 * `support-bundle-too-large`.
 */
export function packedBundle(text: string): PackedText {
  const whole = packText(text, true);
  if (whole !== null) return whole;
  const { store, running, ...rest } = cuttable.parse(JSON.parse(text));
  for (const [lines, devices] of sizes) {
    const [allLines, allDevices] = [running?.log ?? [], store?.devices ?? []];
    const cut = {
      ...rest,
      leftOut: {
        logLines: Math.max(0, allLines.length - lines),
        devices: Math.max(0, allDevices.length - devices),
      },
      store: store === null ? null : { ...store, devices: allDevices.slice(0, devices) },
      running: running === null ? null : { ...running, log: lines === 0 ? [] : allLines.slice(-lines) },
    };
    const packed = packText(`${JSON.stringify(cut, null, 2)}\n`, false);
    if (packed !== null) return packed;
  }
  throw gatewayErrors.make("support-bundle-too-large", "even without log lines and devices it fits no message");
}
