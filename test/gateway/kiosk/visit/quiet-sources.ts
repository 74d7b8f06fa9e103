import type { Clock, Random } from "../../../../device-drivers/ports/clock.ts";
import type { EventFeed } from "../../../../gateway/event-feed.ts";
import type { PageSources } from "../../../../gateway/page-sources.ts";
import { BondKeeper } from "../../../../gateway/pairing/bond-keeper.ts";
import { PairingDesk } from "../../../../gateway/pairing/pairing-desk.ts";
import type { ManagedRadio } from "../../../../gateway/radio/managed-radio.ts";
import type { Store } from "../../../../gateway/store/store.ts";
import { keptLog } from "../../../doubles/kept-log.ts";
import { gatewayMetricSources } from "../../../doubles/metric-sources.ts";
import { plainRadio } from "../../../doubles/plain-radio.ts";

export interface QuietParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly events: EventFeed;
  readonly random: Random;
}

/** A gateway at which nothing happens by itself: no radio hears anything, and nothing is delivered. */
export function quietSources(parts: QuietParts): PageSources {
  const { store, clock } = parts;
  const log = keptLog();
  const now = (): number => clock.now();
  const nothing = async function* (): AsyncGenerator<never, void> {};
  const radio = plainRadio({ advertisements: nothing, connect: () => Promise.reject(new Error("nobody is near")) });
  const active = (): ManagedRadio => radio;
  const keeper = new BondKeeper({ radios: [radio], active, store, clock, now, log, onEvent: () => undefined });
  const { forwarder, supervisor } = gatewayMetricSources();
  return {
    ...parts,
    gateway: "gw-1",
    version: "test",
    log,
    now,
    trust: { state: "trusted" },
    forwarder: { status: () => forwarder.status(), syncNow: () => undefined },
    supervisor: { state: () => supervisor.state(), active, radio },
    collector: { hurry: () => undefined, expect: () => undefined },
    pairing: new PairingDesk({ active, keeper, store, clock, now }),
    forget: () => Promise.resolve({ wasKnown: false, key: "none" }),
    certificateExpiresAt: null,
    pagesCertificateExpiresAt: null,
  };
}
