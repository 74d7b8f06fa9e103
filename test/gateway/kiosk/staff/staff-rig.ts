import { randomUUID } from "node:crypto";
import type { Reading } from "../../../../cloud-sync/contract/reading.ts";
import {
  createStaffDesk,
  type RunningStaffDesk,
  type StaffDeskOptions,
} from "../../../../gateway/kiosk/staff/create-staff-desk.ts";
import type { StaffView } from "../../../../gateway/kiosk/contract/staff-view.ts";
import { staffView } from "../../../../gateway/kiosk/contract/staff-view.ts";
import type { PageSources } from "../../../../gateway/page-sources.ts";
import type { AuditEntry, ConsentRecord, KnownDevice, Store } from "../../../../gateway/store/store.ts";
import {
  type GatewaySetup,
  openSite,
  type Site,
  siteStart,
  type VirtualGateway,
} from "../../../scenarios/virtual-site.ts";
import { glucose } from "../../../cloud-sync/ingest/sample-readings.ts";

/** A staff desk beside a whole gateway, in virtual time, over the real store. */
export interface StaffRig {
  readonly site: Site;
  readonly gateway: VirtualGateway;
  readonly store: Store;
  readonly desk: RunningStaffDesk;
  readonly sources: PageSources;
  /** Moves time until the work is done. */
  readonly run: <T>(work: Promise<T>) => Promise<T>;
  /** What staff see, held to the contract. */
  view(actor?: string): Promise<StaffView>;
  readonly audit: () => Promise<readonly AuditEntry[]>;
}

export interface RigSetup extends Partial<StaffDeskOptions> {
  readonly gateway?: GatewaySetup;
  /** Where the gateway's surroundings need the site's time. */
  readonly setup?: (site: Site) => GatewaySetup;
}

export const actor = "staff:staff-1";

export async function staffRig({
  gateway: more = {},
  setup = () => ({}),
  ...options
}: RigSetup = {}): Promise<StaffRig> {
  const site = await openSite();
  const opened = Promise.withResolvers<{ desk: RunningStaffDesk; sources: PageSources }>();
  const page = (sources: PageSources): RunningStaffDesk => {
    const desk = createStaffDesk(sources, {
      visits: null,
      quotaBytes: null,
      examine: null,
      bundle: () => Promise.resolve("{}\n"),
      ...options,
    });
    opened.resolve({ desk, sources });
    return desk;
  };
  const gateway = await site.gateway({ ...more, ...setup(site), page });
  // The pages are loaded from the disk, which takes no virtual time.
  const { desk, sources } = await opened.promise;
  await site.clock.advance(1_000);
  const run = <T>(work: Promise<T>): Promise<T> => site.clock.runUntil(work);
  const { store } = gateway;
  return {
    site,
    gateway,
    store,
    desk,
    sources,
    run,
    view: async (who = actor) => staffView.parse(structuredClone(await run(desk.view(who)))),
    audit: () => run(store.auditEntries({ afterSeq: 0, limit: 1_000 })),
  };
}

/** A reading that is nobody's, and waits. */
export const heldReading = (number: number): Reading => ({
  ...glucose(number),
  person: null,
  attribution: { by: "none", reference: null },
});

export async function holdReadings(store: Store, count: number): Promise<readonly string[]> {
  const readings = Array.from({ length: count }, (_, at) => heldReading(at + 1));
  for (const reading of readings) {
    await store.add({ reading, lane: "fresh", disposition: "hold", bootId: "boot-1", receivedMonotonicMs: 0 });
  }
  return readings.map(({ id }) => id);
}

export const consentOf = (person: string, changes: Partial<ConsentRecord> = {}): ConsentRecord => ({
  id: randomUUID(),
  person,
  version: "1",
  sha256: "a".repeat(64),
  language: "en",
  trend: false,
  givenAt: siteStart - 1_000,
  withdrawnAt: null,
  ...changes,
});

export const giveConsent = (store: Store, consent: ConsentRecord): Promise<unknown> =>
  store.record({ changes: [{ type: "consent", consent }], events: [], audit: [] });

export const deviceRow = (id: string, changes: Partial<KnownDevice> = {}): KnownDevice => ({
  id,
  driver: "blood-pressure",
  address: "C0:00:00:00:00:77",
  name: "Cuff",
  manufacturer: "Simulated",
  model: "Cuff",
  serial: "S-7777",
  systemId: null,
  firmware: "1.0",
  batteryPercent: 80,
  clockOffsetMs: 0,
  firstSeenAt: siteStart - 1_000,
  lastSeenAt: siteStart - 1_000,
  ...changes,
});
