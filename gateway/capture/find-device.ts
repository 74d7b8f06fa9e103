import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Advertisement, Radio } from "../../device-drivers/ports/gatt.ts";
import { captureErrors } from "./capture-error.ts";
import { seemsToBe } from "./capture-session.ts";

/** A device that is heard. */
export interface Neighbour {
  readonly advertisement: Advertisement;
  /** The driver that fits what it advertises; null if none does. */
  readonly driver: string | null;
}

export interface Search {
  readonly radio: Radio;
  readonly clock: Clock;
  /** Ends as soon as this device is heard; null listens for the whole time. */
  readonly address: string | null;
  readonly listenMs: number;
}

/** A room has no more devices than this that anybody could choose from. */
const neighboursMax = 100;

/**
 * Listens, and gives who was heard: those that a driver fits first, the nearer before the farther.
 * @throws CarepostError `capture-nothing-heard`, or `gattErrors` if there is nothing to listen with
 */
export async function findDevices(search: Search, signal: AbortSignal): Promise<readonly Neighbour[]> {
  const heard = new Map<string, Neighbour>();
  const over = new AbortController();
  const expiry = search.clock.sleep(search.listenMs, over.signal).then(
    () => over.abort(),
    () => undefined,
  );
  try {
    for await (const advertisement of search.radio.advertisements(AbortSignal.any([signal, over.signal]))) {
      const isWanted = advertisement.address.toUpperCase() === search.address?.toUpperCase();
      if (search.address !== null && !isWanted) continue;
      if (heard.size < neighboursMax || heard.has(advertisement.address))
        heard.set(advertisement.address, withNameOf(heard, advertisement));
      if (isWanted) break;
    }
  } finally {
    over.abort();
    await expiry;
  }
  signal.throwIfAborted();
  if (heard.size > 0) return [...heard.values()].toSorted(byPromise);
  const what = search.address === null ? "no device was heard" : "that device was not heard";
  throw captureErrors.make("capture-nothing-heard", `${what} within ${Math.round(search.listenMs / 1000)} s`);
}

/**
 * The device that is meant where nobody can be asked: the only one that a driver fits.
 * @throws CarepostError `capture-device-unclear`
 */
export function onlyDevice(neighbours: readonly Neighbour[]): Neighbour {
  const known = neighbours.filter(({ driver }) => driver !== null);
  const [only] = known;
  if (only !== undefined && known.length === 1) return only;
  const count = known.length === 0 ? "none that a driver knows" : `${known.length} that a driver knows`;
  throw captureErrors.make("capture-device-unclear", `of ${neighbours.length} devices near, there are ${count}`);
}

/** A name or services that came in an earlier advertisement are kept where this one leaves them out. */
function withNameOf(heard: ReadonlyMap<string, Neighbour>, advertisement: Advertisement): Neighbour {
  const before = heard.get(advertisement.address)?.advertisement;
  const services = advertisement.services.length > 0 ? advertisement.services : (before?.services ?? []);
  const whole = { ...advertisement, name: advertisement.name ?? before?.name ?? null, services };
  return { advertisement: whole, driver: seemsToBe(whole) };
}

const byPromise = (left: Neighbour, right: Neighbour): number =>
  Number(right.driver !== null) - Number(left.driver !== null) ||
  right.advertisement.rssiDbm - left.advertisement.rssiDbm;
