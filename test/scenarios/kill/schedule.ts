import type { Random } from "../../../device-drivers/ports/clock.ts";
import { between, happens } from "../../../simulators/random.ts";
import type { ProxyMode } from "./flapping-proxy.ts";

export type VictimName = "gateway" | "broker" | "ingestor";

/** One turn of the torture: what the network does, who dies, and when. */
export interface Cycle {
  /** Null: as it was. `cut`: every connection is reset, and the next ones are as before. */
  readonly network: ProxyMode | "cut" | null;
  readonly victims: readonly VictimName[];
  /** The moment of death, counted from the last restart: from its beginning, or from when all were ready. */
  readonly from: "start" | "ready";
  readonly afterMs: number;
  /** How long the victims stay dead. */
  readonly awayMs: number;
}

/** Who dies how often, and what else happens. */
export interface Temper {
  readonly gatewayShare: number;
  /** Of what the gateway leaves. */
  readonly brokerShare: number;
  readonly networkChange: number;
  readonly staysAway: number;
  readonly awayMs: readonly [min: number, max: number];
}

export const tempers = {
  /** All die, the gateway most, because it holds what nobody else has. */
  everything: { gatewayShare: 0.55, brokerShare: 0.55, networkChange: 0.35, staysAway: 0.5, awayMs: [0, 300] },
  /** The cloud's end dies and stays away for a while, so that much is acknowledged which nobody takes. */
  cloudEnd: { gatewayShare: 0.1, brokerShare: 0.3, networkChange: 0, staysAway: 1, awayMs: [800, 2000] },
} as const satisfies Readonly<Record<string, Temper>>;

const momentMsMax = 400;
/** Now and then they all live long enough to finish what they began. */
const longLifeMsMax = 2000;

/** The same numbers give the same schedule; what the processes do in it is theirs. */
export function nextCycle(random: Random, temper: Temper): Cycle {
  const network = happens(random, temper.networkChange) ? networkChange(random) : null;
  const first = anyVictim(random, temper);
  const second = anyVictim(random, temper);
  const victims = happens(random, 0.15) && second !== first ? [first, second] : [first];
  // A process that is killed while it starts is in the middle of its recovery.
  const from = happens(random, 0.25) ? "start" : "ready";
  const afterMs = between(random, 0, happens(random, 0.15) ? longLifeMsMax : momentMsMax);
  const awayMs = happens(random, temper.staysAway) ? between(random, ...temper.awayMs) : 0;
  return { network, victims, from, afterMs, awayMs };
}

function anyVictim(random: Random, { gatewayShare, brokerShare }: Temper): VictimName {
  if (happens(random, gatewayShare)) return "gateway";
  return happens(random, brokerShare) ? "broker" : "ingestor";
}

function networkChange(random: Random): ProxyMode | "cut" {
  const draw = random();
  if (draw < 0.5) return "pass";
  if (draw < 0.75) return "cut";
  return draw < 0.9 ? "refuse" : "swallow";
}
