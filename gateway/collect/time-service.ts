import { statSync } from "node:fs";

/** systemd-timesyncd touches it whenever it has synchronised the clock; /run is empty after a boot. */
const synchronisedPath = "/run/systemd/timesync/synchronized";

/** The mark of systemd's time service, for `ClockEvidence`; null if there is none, or if it never synchronised. */
export function timeServiceMark(path: string = synchronisedPath): string | null {
  return statSync(path, { throwIfNoEntry: false, bigint: true })?.mtimeNs.toString() ?? null;
}
