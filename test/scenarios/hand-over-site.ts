import { onTestFinished } from "vitest";
import type { Reading } from "../../cloud-sync/contract/reading.ts";
import { createBatcher } from "../../cloud-sync/ingest/batcher.ts";
import { brokerSource } from "../../cloud-sync/ingest/broker-source.ts";
import { createIngestor } from "../../cloud-sync/ingest/ingestor.ts";
import { createRosterDesk } from "../../cloud-sync/ingest/roster-desk.ts";
import { withdrawConsents } from "../../gateway/care/withdraw-consents.ts";
import { consentGiven, enrolled } from "../../gateway/kiosk/visit/visit-deeds.ts";
import type { Assignment, ConsentRecord, Store } from "../../gateway/store/store.ts";
import { createVirtualAir, type VirtualAir } from "../../simulators/air/virtual-air.ts";
import { seededRandom } from "../../simulators/random.ts";
import { keptLog } from "../doubles/kept-log.ts";
import { plainRadio } from "../doubles/plain-radio.ts";
import { assignmentOf } from "./site-devices.ts";
import { type GatewaySetup, openSite, type Site, type VirtualGateway } from "./virtual-site.ts";

/** A store with a kiosk, a home with a hub, a broker, and ingestors that a test starts, over one sink. */
export interface HandOverSite extends Site {
  /** The air of the store is `air`. */
  readonly homeAir: VirtualAir;
  kiosk(): Promise<VirtualGateway>;
  hub(setup?: GatewaySetup): Promise<VirtualGateway>;
  ingestor(name: string, flaws?: IngestorFlaws): Promise<VirtualIngestor>;
}

export interface IngestorFlaws {
  /** It ends before it looks at rosters. */
  readonly sendsNoRosters?: boolean;
}

export interface VirtualIngestor {
  readonly log: ReturnType<typeof keptLog>;
  stop(): Promise<void>;
}

export const hubName = "hub-0001";

export async function openHandOver(seed = 1): Promise<HandOverSite> {
  const site = await openSite({ seed, hasIngestor: false });
  const homeAir = createVirtualAir({ clock: site.clock, seed: seed + 1 });
  await site.sink.rosters.setHomes([{ person: "sim-0001", gateway: hubName }]);
  return {
    ...site,
    homeAir,
    kiosk: () => site.gateway({ name: "kiosk-0001", collect: { devices: "known" } }),
    hub: (setup = {}) =>
      site.gateway({
        name: hubName,
        radios: [plainRadio(homeAir.radio)],
        bootId: "boot-of-hub",
        ...setup,
        collect: { devices: "assigned", ...setup.collect },
      }),
    ingestor: (name, flaws = {}) => startIngestor(site, name, flaws),
  };
}

async function startIngestor(
  site: Site,
  name: string,
  { sendsNoRosters = false }: IngestorFlaws,
): Promise<VirtualIngestor> {
  const { clock, broker, sink } = site;
  const log = keptLog();
  const random = seededRandom(name.length);
  const source = brokerSource(
    { connector: broker.connector, clock, random, log },
    { url: "mqtt://broker", clientId: `ingestor-${name}`, protocol: "5", share: { group: "carepost", required: true } },
  );
  const desk = createRosterDesk({ rosters: sink.rosters, source, clock, random, log, name });
  const { handlers } = createIngestor({
    sink,
    batcher: createBatcher(sink, clock),
    clock,
    log,
    name,
    onState: (gateway, state) => desk.hearState(gateway, state),
    onEvent: () => desk.changed(),
  });
  await clock.runUntil(source.start(handlers));
  const stopping = new AbortController();
  const working = sendsNoRosters ? Promise.resolve() : desk.run(stopping.signal);
  let stopped: Promise<void> | null = null;
  const end = async (): Promise<void> => {
    stopping.abort();
    await source.stop();
    await working;
  };
  const stop = (): Promise<void> => (stopped ??= clock.runUntil(end()));
  onTestFinished(stop);
  return { log, stop };
}

export const consentAt = (at: number, id = "consent-1"): ConsentRecord => ({
  id,
  person: "sim-0001",
  version: "1",
  sha256: "0".repeat(64),
  language: "en",
  trend: false,
  givenAt: at,
  withdrawnAt: null,
});

/** What a visit makes durable when a device goes home with a person: consent, then enrolment. */
export async function enrolAtKiosk(store: Store, deviceId: string, at: number): Promise<Assignment> {
  const place = { gateway: "kiosk-0001", at };
  const assignment = assignmentOf(deviceId, { id: `enrolment-of-${deviceId}`, fromAt: at });
  const stay = { person: "sim-0001", consent: "consent-1", startedAt: at, endedAt: at, devices: [] };
  const session = { id: `session-${at}`, ...stay };
  await store.record(consentGiven(place, consentAt(at), session));
  await store.record(enrolled(place, assignment, null));
  return assignment;
}

/** What a visit makes durable when a person takes everything back. */
export async function withdrawAtKiosk(store: Store, at: number): Promise<void> {
  await withdrawConsents(store, { person: "sim-0001", at, actor: "visitor", gateway: "kiosk-0001" });
}

export const systolics = (readings: readonly Reading[]): readonly string[] =>
  readings.map((reading) =>
    reading.kind === "blood-pressure" && "value" in reading.systolic ? reading.systolic.value : "?",
  );
