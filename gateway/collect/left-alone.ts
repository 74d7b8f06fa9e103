import { stands } from "../care/assignments.ts";
import { kioskDevices } from "../kiosk/kiosk-devices.ts";
import type { Assignment, Store } from "../store/store.ts";

/**
 * Is this device to be left unread, because whose it was has withdrawn, and it is nobody else's? What it shows would be
 * theirs, and kept here against their word. A device of the kiosk's own is read for whoever stands there, and while
 * somebody's visit is under way any device may be theirs.
 * @param now null while nobody knows the time
 */
export async function isLeftAlone(
  store: Pick<Store, "withdrawals" | "sessions" | "setting">,
  { deviceId, assignments, now }: Subject,
): Promise<boolean> {
  const ofDevice = assignments.filter((each) => each.deviceId === deviceId);
  if (ofDevice.length === 0 || ofDevice.some((each) => stands(each, now ?? -Infinity))) return false;
  const withdrawnAt = new Map((await store.withdrawals()).map(({ person, at }) => [person, at]));
  const isWithdrawn = ofDevice.some(({ person, untilAt }) => (untilAt ?? Infinity) <= (withdrawnAt.get(person) ?? -1));
  if (!isWithdrawn || (await kioskDevices(store)).has(deviceId)) return false;
  return !(await store.sessions(now ?? 0)).some(({ endedAt }) => endedAt === null);
}

interface Subject {
  readonly deviceId: string;
  readonly assignments: readonly Assignment[];
  readonly now: number | null;
}
