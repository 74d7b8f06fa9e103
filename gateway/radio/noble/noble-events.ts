import type { DeviceWatch } from "./noble-attempt.ts";
import type { BindingsEvent, NobleBindings } from "./noble-bindings.ts";

type Listener = (...given: readonly unknown[]) => void;

/** What a watch keeps of events that nobody took yet. */
const keptMax = 64;

const watched: readonly BindingsEvent[] = [
  "connect",
  "onMtu",
  "disconnect",
  "servicesDiscover",
  "characteristicsDiscover",
  "characteristicsDiscovered",
];

/** What noble's bindings tell: one listener an event for the life of the adapter, whatever the number of links. */
export class NobleEvents {
  readonly #bindings: NobleBindings;
  readonly #listeners: (readonly [BindingsEvent, Listener])[] = [];
  readonly #watches = new Set<Watch>();

  constructor(bindings: NobleBindings) {
    this.#bindings = bindings;
  }

  on(event: BindingsEvent, act: (given: readonly unknown[]) => void): void {
    this.#add(event, (...given) => {
      act(given);
      if (watched.includes(event)) this.#tell(event, given);
    });
  }

  watch(id: string): DeviceWatch {
    for (const event of watched) {
      if (!this.#listeners.some(([known]) => known === event)) this.#add(event, (...given) => this.#tell(event, given));
    }
    const watch = new Watch(id);
    this.#watches.add(watch);
    return {
      next: (event) => watch.next(event),
      stop: () => void this.#watches.delete(watch),
    };
  }

  release(): void {
    for (const [event, listener] of this.#listeners) this.#bindings.removeListener(event, listener);
    this.#listeners.length = 0;
  }

  #add(event: BindingsEvent, listener: Listener): void {
    this.#listeners.push([event, listener]);
    this.#bindings.on(event, listener);
  }

  #tell(event: BindingsEvent, given: readonly unknown[]): void {
    for (const watch of this.#watches) watch.tell(event, given);
  }
}

class Watch {
  readonly #id: string;
  readonly #kept: { readonly event: BindingsEvent; readonly given: readonly unknown[] }[] = [];
  readonly #waiting: { readonly event: BindingsEvent; readonly take: (given: readonly unknown[]) => void }[] = [];

  constructor(id: string) {
    this.#id = id;
  }

  next(event: BindingsEvent): Promise<readonly unknown[]> {
    const index = this.#kept.findIndex((each) => each.event === event);
    const [found] = index === -1 ? [] : this.#kept.splice(index, 1);
    if (found !== undefined) return Promise.resolve(found.given);
    return new Promise((take) => {
      this.#waiting.push({ event, take });
    });
  }

  tell(event: BindingsEvent, given: readonly unknown[]): void {
    if (given[0] !== this.#id) return;
    const index = this.#waiting.findIndex((each) => each.event === event);
    const [waiting] = index === -1 ? [] : this.#waiting.splice(index, 1);
    if (waiting !== undefined) waiting.take(given);
    else if (this.#kept.length < keptMax) this.#kept.push({ event, given });
  }
}
