import type { BluezObjects } from "./bluez-objects.ts";

/** A device that is connected again sends no more than this before its services are known. */
const valuesMax = 8_192;

/**
 * What comes while a device is connected to again. Where notifications were on when the last link was lost, bluetoothd
 * enables them by itself as soon as it knows the services, and confirms what comes: before there is a link to take it.
 */
export class EarlyValues {
  readonly #values: { readonly path: string; readonly value: Uint8Array }[] = [];
  readonly #unwatch: () => void;

  /** @param paths of the characteristics on which notifications were on */
  constructor(objects: BluezObjects, paths: readonly string[]) {
    this.#unwatch = objects.watch((change) => {
      if (change.type !== "changed" || !paths.includes(change.path)) return;
      const { Value: value } = change.changed;
      if (value instanceof Uint8Array && this.#values.length < valuesMax)
        this.#values.push({ path: change.path, value });
    });
  }

  /** Hands over what has come, in order; from here on others listen. */
  end(take: (path: string, value: Uint8Array) => void): void {
    this.#unwatch();
    for (const { path, value } of this.#values) take(path, value);
  }
}
