import type { ConfigDraft } from "./config-environment.ts";
import type { ConfigKey } from "./key-list.ts";

/**
 * What a gateway is for. A profile is a set of defaults that lies under all that the operator says: in the file, in the
 * environment and on the command line. `hub` stands in a home, and nobody looks after it; `kiosk` stands in a store.
 */
export type ProfileName = (typeof profileNames)[number];
export const profileNames = ["hub", "kiosk"] as const;

type ProfileDefaults = Readonly<Record<string, string | number | boolean>>;

/** By the keys that an operator would write. */
export const profiles: Readonly<Record<ProfileName, ProfileDefaults>> = {
  hub: {
    "radio.kind": "bluez",
    // Nobody is there to unplug an adapter that hangs: the last gentle means must be open.
    "radio.restartDaemon": true,
    "store.quotaMiB": 1024,
    // What is delivered is of no more use here, and it lies in a home.
    "store.retentionDays": 30,
    // The roster says whose devices these are; a neighbour's cuff is nobody's business.
    "collect.devices": "assigned",
    // After a power cut a whole street comes back at once.
    "uplink.reconnectMaxS": 300,
    "uplink.startDelayMaxS": 120,
    // The flash is worn by what nobody reads; `log.level` can be raised from afar.
    "log.level": "warn",
    // Its page tells the home's network how it is: nothing of a reading, and nothing can be changed there.
    "kiosk.pages": "hub",
    "kiosk.host": "0.0.0.0",
    "kiosk.port": 8080,
  },
  kiosk: {
    "radio.kind": "bluez",
    "radio.restartDaemon": true,
    "store.retentionDays": 90,
    "collect.devices": "known",
    "uplink.reconnectMaxS": 30,
    "uplink.startDelayMaxS": 10,
    "log.level": "info",
    // Its own screen alone sees the pages, until an operator says otherwise.
    "kiosk.pages": "kiosk",
    "kiosk.port": 8080,
  },
};

/** Lays the defaults of the draft's profile under it; a word that is no profile is left to validation. */
export function underlayProfile(draft: ConfigDraft, keys: readonly ConfigKey[]): void {
  const name = profileNames.find((candidate) => candidate === draft.values["profile"]);
  if (name === undefined) return;
  for (const [path, value] of Object.entries(profiles[name])) {
    if (draft.sources.has(path) || !keys.some((key) => key.path === path)) continue;
    if (placeUnder(draft.values, path.split("."), value)) draft.sources.set(path, `profile ${name}`);
  }
}

/** Whether there was room: what stands where a section is meant is shown to the operator as it was written. */
function placeUnder(values: Record<string, unknown>, names: readonly string[], value: unknown): boolean {
  const [name = "", ...rest] = names;
  if (rest.length === 0) {
    values[name] = value;
    return true;
  }
  const current = values[name] ?? {};
  if (typeof current !== "object" || Array.isArray(current)) return false;
  const section = { ...current };
  values[name] = section;
  return placeUnder(section, rest, value);
}
