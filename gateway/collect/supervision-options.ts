import type { RepairRung } from "../radio/managed-radio.ts";

/** How the gateway keeps its radio alive. Every field has a default; a configuration changes some. */
export interface SupervisionOptions {
  /** Without an advertisement of anything for so long, while it listens, the radio is taken for dead. */
  readonly silenceMs: number;
  /** How often that is looked at. */
  readonly checkMs: number;
  /** How long the radio listens before it rests, and rests before it listens again. Rest 0: it listens all the time. */
  readonly listenMs: number;
  readonly restMs: number;
  /** How long a repair is watched for an advertisement, before the next one is tried. */
  readonly verifyMs: number;
  /** The longest that one repair may take. */
  readonly repairMsMax: Readonly<Record<RepairRung, number>>;
  /** The most repairs in any hour, of all radios together. 0: none, ever. */
  readonly repairsPerHourMax: number;
  /** After a climb that brought nothing: how long until the next one, doubled each time up to the other. */
  readonly climbPauseMs: number;
  readonly climbPauseMsMax: number;
  /** A session, or a link that waits for one, is left alone while it moved within this time. */
  readonly stallMs: number;
  /** A radio that hears without a fault for so long starts with a clean slate. */
  readonly steadyMs: number;
  /** How long the second adapter is used before the first is tried again; doubled, up to the other, if it fails anew. */
  readonly returnMs: number;
  readonly returnMsMax: number;
  /** After a radio that could not be listened to at all: a random wait below this, doubled up to the other. */
  readonly retryMs: number;
  readonly retryMsMax: number;
}

const hourMs = 3_600_000;

export const defaultSupervisionOptions: SupervisionOptions = {
  silenceMs: 90_000,
  checkMs: 30_000,
  listenMs: 10_000,
  restMs: 0,
  verifyMs: 20_000,
  // systemd waits 90 s for a daemon to stop before it ends it by force.
  repairMsMax: { "restart-scan": 15_000, "power-cycle": 30_000, "restart-daemon": 100_000 },
  repairsPerHourMax: 12,
  climbPauseMs: 600_000,
  climbPauseMsMax: 6 * hourMs,
  // Longer than any ATT transaction may take (Core Vol 3 Part F 3.3.3: 30 s), so that what is silent for longer is dead.
  stallMs: 60_000,
  steadyMs: hourMs,
  returnMs: 600_000,
  returnMsMax: 6 * hourMs,
  retryMs: 250,
  retryMsMax: 10_000,
};
