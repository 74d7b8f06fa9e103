import { createHash } from "node:crypto";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { ReplayPeripheral } from "./replay-peripheral.ts";
import { loadSessions } from "./session-file.ts";
import type { RecordedSession } from "./session-file.ts";

export interface ReplayDevice {
  /** What a journal or a terminal calls it. */
  readonly name: string;
  readonly peripheral: ReplayPeripheral;
}

/**
 * A device for each session of a file, at the speed at which it was recorded. A recording holds no address, so each gets one
 * that is made of the session's name: the same at every start, as a device's is.
 * @throws CarepostError `session-unreadable`
 */
export function replayDevices(path: string, clock: Clock, speed = 1): readonly ReplayDevice[] {
  return loadSessions(path).map((session) => {
    const options = { address: addressOf(session), speed, requiresBond: false };
    return { name: session.id, peripheral: new ReplayPeripheral(session, options, clock) };
  });
}

/** The two highest bits tell a static address from a resolvable private one (Core Vol 6 Part B 1.3.2). */
function addressOf({ id, addressKind }: RecordedSession): string {
  const [first = 0, ...rest] = createHash("sha256").update(id).digest().subarray(0, 6);
  const kindBits = { public: 0b00, "random-static": 0b11, "random-private": 0b01 }[addressKind];
  const octets = [(first & 0b11_1111) | (kindBits << 6), ...rest];
  return octets.map((octet) => octet.toString(16).toUpperCase().padStart(2, "0")).join(":");
}
