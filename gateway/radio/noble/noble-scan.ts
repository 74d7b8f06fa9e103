import type { NobleBindings } from "./noble-bindings.ts";

/**
 * Keeps noble scanning while somebody wants it, and nothing else uses the adapter. It never acts on what noble has not
 * confirmed yet: a stop that overtakes its start is one that noble forgets.
 */
export class NobleScan {
  readonly #bindings: Pick<NobleBindings, "startScanning" | "stopScanning">;
  #state: "off" | "starting" | "on" | "stopping" = "off";
  #wanted = 0;
  #isPaused = false;
  #isPowered = false;

  constructor(bindings: Pick<NobleBindings, "startScanning" | "stopScanning">) {
    this.#bindings = bindings;
  }

  /** The returned function takes the wish back; once is enough. */
  want(): () => void {
    this.#wanted += 1;
    this.#reconcile();
    let isWanted = true;
    return () => {
      if (isWanted) this.#wanted -= 1;
      isWanted = false;
      this.#reconcile();
    };
  }

  /** A connection is being made. noble stops its scan for that by itself. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#reconcile();
  }

  powered(isPowered: boolean): void {
    this.#isPowered = isPowered;
    this.#state = "off";
    this.#reconcile();
  }

  started(): void {
    this.#state = "on";
    this.#reconcile();
  }

  stopped(): void {
    this.#state = "off";
    this.#reconcile();
  }

  /** Stops and starts, whatever noble believes. */
  restart(): void {
    if (!this.#isPowered) return;
    this.#state = "stopping";
    this.#bindings.stopScanning();
  }

  #reconcile(): void {
    const isWanted = this.#wanted > 0 && !this.#isPaused && this.#isPowered;
    if (isWanted && this.#state === "off") {
      this.#state = "starting";
      this.#bindings.startScanning([], true);
    } else if (!isWanted && this.#state === "on" && this.#isPowered) {
      this.#state = "stopping";
      this.#bindings.stopScanning();
    }
  }
}
