import type { Reading } from "../../cloud-sync/contract/reading.ts";
import { stands } from "../care/assignments.ts";
import { kioskDevices } from "../kiosk/kiosk-devices.ts";
import type { Assignment, Store } from "../store/store.ts";

type Reader = Pick<Store, "assignments" | "withdrawals" | "sessions" | "setting">;

/**
 * Is this device to be left unread, because whose it was has withdrawn, and it is nobody else's? What it shows would be
 * theirs, and kept here against their word. A device of the kiosk's own is read for whoever stands there, and while
 * somebody's visit is under way any device may be theirs.
 * @param now null while nobody knows the time
 */
export async function isLeftAlone(
  store: Omit<Reader, "assignments">,
  { deviceId, assignments, now }: Subject,
): Promise<boolean> {
  const ofDevice = assignments.filter((each) => each.deviceId === deviceId);
  if (ofDevice.length === 0 || ofDevice.some((each) => stands(each, now ?? -Infinity))) return false;
  const withdrawnAt = await withdrawnAtOf(store);
  return ofDevice.some((each) => isOver(each, withdrawnAt)) && !(await mayBeAnybodys(store, { deviceId, now }));
}

interface Subject {
  readonly deviceId: string;
  readonly assignments: readonly Assignment[];
  /** In milliseconds since 1970. */
  readonly now: number | null;
}

/**
 * Which readings without a person are not to be kept, though their device is read for somebody else: those of a user slot
 * whose person has withdrawn, until it is given to another. What was measured before it was theirs is not theirs.
 */
export async function slotsLeftAlone(store: Reader, now: number | null): Promise<(reading: Reading) => boolean> {
  const [assignments, withdrawnAt, kiosks, sessions] = await Promise.all([
    store.assignments(),
    withdrawnAtOf(store),
    kioskDevices(store),
    store.sessions(now ?? 0),
  ]);
  const isVisited = sessions.some(({ endedAt }) => endedAt === null);
  return ({ person, device, userSlot, time }) => {
    if (person !== null || userSlot === null || isVisited || kiosks.has(device.id)) return false;
    const measured = time.measured ?? time.received;
    const through = measured === null ? Infinity : Date.parse(measured) + (time.uncertaintyMs ?? 0);
    const last = assignments
      .filter((each) => each.deviceId === device.id && (each.userSlot === null || each.userSlot === userSlot))
      .filter(({ fromAt }) => fromAt <= through)
      .toSorted((a, b) => a.fromAt - b.fromAt)
      .at(-1);
    return last !== undefined && isOver(last, withdrawnAt);
  };
}

const withdrawnAtOf = async (store: Pick<Store, "withdrawals">): Promise<ReadonlyMap<string, number>> =>
  new Map((await store.withdrawals()).map(({ person, at }) => [person, at]));

/** Did this end with the withdrawal of its person, or had it ended by then? */
const isOver = ({ person, untilAt }: Assignment, withdrawnAt: ReadonlyMap<string, number>): boolean =>
  (untilAt ?? Infinity) <= (withdrawnAt.get(person) ?? -1);

async function mayBeAnybodys(
  store: Pick<Store, "sessions" | "setting">,
  { deviceId, now }: Pick<Subject, "deviceId" | "now">,
): Promise<boolean> {
  if ((await kioskDevices(store)).has(deviceId)) return true;
  return (await store.sessions(now ?? 0)).some(({ endedAt }) => endedAt === null);
}
