/** How a device's firmware can spoil a frame that it sends. Nothing random: what looks like a reading must be one. */
export type Garbling = "truncated" | "oversized" | "empty" | "all-ones";

/** Spoils the next frames of a device, which the air itself never does. */
export class FrameGarbler {
  #next: { readonly garbling: Garbling; readonly frames: number } | null = null;

  garbleNext(garbling: Garbling, frames: number): void {
    this.#next = { garbling, frames };
  }

  /** The frame as it is sent; `null` where it is sent as it should be. */
  spoil(frame: Uint8Array): Uint8Array | null {
    const next = this.#next;
    if (next === null || next.frames === 0) return null;
    this.#next = { ...next, frames: next.frames - 1 };
    return spoiled(frame, next.garbling);
  }
}

function spoiled(frame: Uint8Array, garbling: Garbling): Uint8Array {
  if (garbling === "truncated") return frame.slice(0, -3);
  if (garbling === "oversized") return Uint8Array.from({ length: 200 }, (_, index) => frame[index] ?? 0xaa);
  return garbling === "empty" ? new Uint8Array() : new Uint8Array(frame.length).fill(0xff);
}
