import { matchDevice } from "../../device-drivers/catalogue.ts";
import { attTransactionMs, withinTime } from "../../device-drivers/kit/guarded-link.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { Radio } from "../../device-drivers/ports/gatt.ts";
import { readDeviceInformation } from "../../device-drivers/profiles/device-information/read-information.ts";
import { identifyDevice } from "../collect/device-identity.ts";
import { deviceRow, type Identified } from "../collect/device-session.ts";
import { gattFingerprint } from "../collect/gatt-fingerprint.ts";
import type { SessionBonds } from "../collect/session-bonds.ts";
import type { Bond } from "../radio/managed-radio.ts";
import type { Store } from "../store/store.ts";

/** Who a device turned out to be, for the person to compare with what is printed on it. */
export interface FirstLook {
  readonly deviceId: string;
  readonly driver: string;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly serial: string | null;
}

export interface LookComponents {
  readonly radio: Radio;
  readonly store: Pick<Store, "devices" | "saveDevice">;
  readonly clock: Clock;
  /** The likeliest time, in milliseconds since 1970. */
  readonly now: () => number;
  readonly bonds: Pick<SessionBonds, "judge">;
}

const lookMsMax = 30_000;
const retryMs = 1_000;

/**
 * Connects to a device that was just paired and learns who it is: from then on it is known, and judged by that. Reads none
 * of its records. Null if it does not let itself be looked at in half a minute, as one that has gone to sleep: then its first
 * session will do it.
 */
export async function lookAt(
  components: LookComponents,
  bond: Pick<Bond, "address" | "name">,
  signal: AbortSignal,
): Promise<FirstLook | null> {
  const { clock } = components;
  const attempt = async (limit: AbortSignal): Promise<FirstLook | null> => {
    for (;;) {
      try {
        return await visit(components, bond, limit);
      } catch (error) {
        if (limit.aborted || !isPassing(error)) throw error;
        await clock.sleep(retryMs, limit);
      }
    }
  };
  try {
    return await withinTime({ clock, limitMs: lookMsMax, signal }, attempt);
  } catch (error) {
    signal.throwIfAborted();
    if (gattErrors.is(error)) return null;
    throw error;
  }
}

async function visit(
  components: LookComponents,
  { address, name }: Pick<Bond, "address" | "name">,
  signal: AbortSignal,
): Promise<FirstLook | null> {
  const link = await components.radio.connect(address, signal);
  try {
    return await look(components, { link, advertisement: { name } }, signal);
  } finally {
    await link.close();
  }
}

const isPassing = (error: unknown): boolean =>
  gattErrors.is(error, "device-absent", "connect-refused", "connect-timeout", "link-lost");

async function look(
  { store, clock, bonds, now }: LookComponents,
  visited: Pick<Identified, "link" | "advertisement">,
  signal: AbortSignal,
): Promise<FirstLook | null> {
  const { link } = visited;
  const limit = { clock, limitMs: attTransactionMs, signal };
  const characteristics = await withinTime(limit, (bounded) => link.discover(bounded));
  const information = await withinTime(limit, (bounded) =>
    readDeviceInformation({ link, characteristics, signal: bounded }),
  );
  const match = matchDevice([...new Set(characteristics.map(({ service }) => service))], information);
  if (match === null) return null;
  const { address, addressKind, bonded } = link;
  const known = await store.devices();
  const likely = identifyDevice({ information, address, addressKind }, known);
  const fingerprint = gattFingerprint(characteristics, match.driver.services);
  const { identity } = await bonds.judge(likely, { address, bonded, information, fingerprint });
  if (identity.type === "identified") {
    const before = known.find(({ id }) => id === identity.id) ?? null;
    await store.saveDevice(deviceRow({ ...visited, information, match, identity }, before, now()));
  }
  const { manufacturer, model, serial } = information;
  return { deviceId: identity.id, driver: match.driver.name, manufacturer, model, serial };
}
