import type { Forgotten } from "../pairing/forget-device.ts";
import type { Store } from "../store/store.ts";
import { assignmentsEnded, stands } from "./assignments.ts";
import type { DeedPlace } from "./deed-place.ts";
import { enrolledAmong } from "./enrolments.ts";
import { writeAudit } from "./write-audit.ts";

interface ForgetPorts {
  readonly store: Pick<Store, "assignments" | "auditEntries" | "bonds" | "record">;
  /** Forgets the device, its key and its assignments, and tells nobody. */
  readonly forget: (deviceId: string) => Promise<Forgotten>;
}

export interface ForgetPlace extends Pick<DeedPlace, "at" | "actor"> {
  /** The gateway's id. Asked only if the cloud is to be told of something. */
  readonly gateway: () => string;
}

/**
 * Forgets a device at somebody's word, whoever carries it out: whose it was ends first, and the cloud is told of each
 * enrolment that ends with it, so that no home goes on waiting for the device; a crash in between leaves it to be
 * forgotten again. The audit log says so, if there was anything to forget.
 * @param named its id, or the address that it was paired under
 */
export async function forgetAudited(
  { store, forget }: ForgetPorts,
  { at, actor, gateway }: ForgetPlace,
  named: string,
): Promise<Forgotten> {
  const device = await deviceOf(store, named);
  const ending = (await store.assignments()).filter((each) => each.deviceId === device && stands(each, at));
  if (ending.length > 0) {
    const ofRoster = ending.filter(({ source }) => source === "roster").map(({ id }) => id);
    const enrolled = new Set([...ofRoster, ...(await enrolledAmong(store, ending))]);
    const place = { at, actor, gateway: enrolled.size === 0 ? "" : gateway() };
    await store.record(assignmentsEnded(place, ending, [...enrolled]));
  }
  const { wasKnown, key } = await forget(device);
  const forgotten: Forgotten = { wasKnown: wasKnown || ending.length > 0, key };
  if (forgotten.wasKnown) {
    await writeAudit(store, { at, actor, action: "device-forgotten", subject: { device, key } });
  }
  return forgotten;
}

/** An address that a device was paired under stands for the device, once it has said who it is. */
async function deviceOf(store: Pick<Store, "bonds">, named: string): Promise<string> {
  const address = named.toUpperCase();
  const bond = (await store.bonds()).find((each) => each.address.toUpperCase() === address);
  return bond === undefined ? named : (bond.deviceId ?? bond.address);
}
