import type { Deed } from "../../simulators/scenario/scenario.ts";
import { type KioskDevice, openKioskStage } from "../doubles/kiosk-stage.ts";

/** A kiosk in a process of its own, so that whoever measures it takes no time from it. It speaks by `process.send`. */
export type KioskOrder =
  | { readonly type: "let"; readonly device: KioskDevice; readonly deed: Deed }
  | { readonly type: "memory" };

export type KioskReport =
  | { readonly type: "open"; readonly url: string }
  /** A device has handed a value over, at this moment of the wall clock, in milliseconds since 1970. */
  | { readonly type: "shown"; readonly at: number }
  /** After everything that can be let go was let go: of the JavaScript heap, and of the whole process. */
  | { readonly type: "memory"; readonly heapBytes: number; readonly residentBytes: number };

const stage = await openKioskStage();
const tell = (report: KioskReport): void => void process.send?.(report);

let told = stage.deviceEvents.length;
const watching = setInterval(() => {
  for (const { event, at } of stage.deviceEvents.slice(told)) if (event === "shown") tell({ type: "shown", at });
  told = stage.deviceEvents.length;
}, 5);

process.on("message", (order: KioskOrder) => {
  if (order.type === "let") void stage.let(order.device, order.deed);
  else tell(memory());
});
process.once("disconnect", () => {
  clearInterval(watching);
  void stage.stop();
});
tell({ type: "open", url: stage.url });

function memory(): KioskReport {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { type: "memory", heapBytes: heapUsed, residentBytes: rss };
}
