import type { Roster } from "../cloud-sync/contract/roster.ts";
import type { Log } from "../device-drivers/ports/log.ts";
import type { Collector } from "./collect/collector.ts";
import type { BondKeeper } from "./pairing/bond-keeper.ts";
import { forgetKeys } from "./pairing/forget-device.ts";
import type { Store } from "./store/store.ts";

export interface RosterComponents {
  readonly store: Store;
  readonly keeper: BondKeeper;
  readonly collector: Pick<Collector, "expect" | "hurry">;
  readonly log: Log;
}

/**
 * Follows a roster, unless one that is as late is followed already. Devices that it brings are asked for at once, also
 * those that were never met. A device that is nobody's any more loses its key, before its assignment goes, so that a
 * crash in between leaves the roster to be followed again; its row and how far it was read stay, so that nothing is read
 * twice should it come back.
 */
export async function followRoster(components: RosterComponents, roster: Roster): Promise<void> {
  const { store, keeper, log } = components;
  const followed = await store.rosterVersion();
  if (followed !== null && followed >= roster.version) return;
  const assignments = await store.assignments();
  const kept = new Set([
    ...roster.assignments.map(({ device }) => device),
    ...assignments.flatMap(({ source, deviceId }) => (source === "local" ? [deviceId] : [])),
  ]);
  const before = new Set(assignments.map(({ deviceId }) => deviceId));
  const leaving = [...before].filter((device) => !kept.has(device));
  for (const device of leaving) await forgetKeys({ store, keeper }, device);
  await store.followRoster(roster);
  log.info("roster-followed", { version: roster.version, assignments: roster.assignments.length });
  await awaken(
    components,
    [...kept].filter((device) => !before.has(device)),
  );
}

/** A device that was met before, or is called by its address, is expected; the others are looked for among strangers. */
async function awaken({ store, collector }: RosterComponents, coming: readonly string[]): Promise<void> {
  const devices = await store.devices();
  for (const device of coming) {
    const address = devices.find(({ id }) => id === device)?.address ?? /^address:(.+)$/.exec(device)?.[1];
    if (address !== undefined) collector.expect(address);
  }
  if (coming.length > 0) collector.hurry();
}
