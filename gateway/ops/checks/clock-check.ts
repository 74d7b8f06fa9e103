import { siteZone } from "../../collect/site-zone.ts";
import { doubtful, healthy, say } from "../doctor.ts";
import type { Check } from "../doctor.ts";

export interface ClockFacts {
  readonly now: number;
  /** The mark of the machine's time service; null while it has never set the clock. */
  readonly mark: string | null;
  readonly assumeSynchronised: boolean;
  readonly timeZone: string;
}

/** May readings be dated by this machine's clock? */
export const clockCheck = ({ now, mark, assumeSynchronised, timeZone }: ClockFacts): Check => ({
  name: "clock",
  run: () => {
    const local = siteZone(timeZone).iso(now);
    const shown = { time: `${local.slice(0, 10)} ${local.slice(11, 19)}`, zone: timeZone };
    if (mark !== null) return Promise.resolve(healthy(say("clock-set", shown)));
    if (assumeSynchronised) return Promise.resolve(healthy(say("clock-vouched-for", shown)));
    return Promise.resolve(doubtful(say("clock-unsure", shown)));
  },
});
