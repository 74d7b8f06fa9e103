import type { Radio } from "../../device-drivers/ports/gatt.ts";
import type { ManagedRadio } from "../../gateway/radio/managed-radio.ts";
import { pairingErrors } from "../../gateway/radio/pairing-error.ts";
import { RadioEventFeed } from "../../gateway/radio/radio-event-feed.ts";

/** A radio that offers GATT and nothing beyond: it does not pair, mends nothing and tells nothing of itself. */
export function plainRadio(radio: Radio): ManagedRadio {
  const feed = new RadioEventFeed();
  return {
    kind: "virtual",
    adapter: "virtual",
    abilities: { pairing: [], holdsConfirmations: true },
    rungs: [],
    advertisements: (signal) => radio.advertisements(signal),
    connect: (address, signal) => radio.connect(address, signal),
    events: (signal) => feed.events(signal),
    pair: () => Promise.reject(pairingErrors.make("pairing-unsupported", "a plain radio does not pair")),
    bonds: () => Promise.resolve([]),
    forget: () => Promise.resolve(false),
    repair: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
