import { siteZone } from "../../collect/site-zone.ts";
import { doubtful, healthy } from "../doctor.ts";
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
    const shown = `${local.slice(0, 10)} ${local.slice(11, 19)} in ${timeZone}`;
    if (mark !== null) return Promise.resolve(healthy(`${shown}, set by the time service`));
    if (assumeSynchronised) return Promise.resolve(healthy(`${shown}, vouched for by the configuration`));
    return Promise.resolve(
      doubtful(
        `${shown}, but nothing says that it is right: readings stay undated until something does`,
        "Let systemd-timesyncd set the clock; or, if something else does, say so with clock.assumeSynchronised.",
      ),
    );
  },
});
