import { expect } from "vitest";
import { visitView, type VisitView } from "../../../../gateway/kiosk/contract/visit-view.ts";
import type { StartVisit } from "../../../../gateway/kiosk/contract/requests.ts";
import { setKioskDevice } from "../../../../gateway/kiosk/kiosk-devices.ts";
import type { Visit } from "../../../../gateway/kiosk/visit-desk.ts";
import { createVisitDesk, type RunningVisitDesk } from "../../../../gateway/kiosk/visit/create-visit-desk.ts";
import type { VisitOptions } from "../../../../gateway/kiosk/visit/visit-options.ts";
import type { GatewayEvent, GatewayListener } from "../../../../gateway/gateway-event.ts";
import type { PageSources } from "../../../../gateway/page-sources.ts";
import type { KnownDevice, Store } from "../../../../gateway/store/store.ts";
import type { BloodPressureCuff } from "../../../../simulators/peripherals/blood-pressure-cuff.ts";
import type { ManagedRadio } from "../../../../gateway/radio/managed-radio.ts";
import type { GlucoseMeter } from "../../../../simulators/peripherals/glucose-meter.ts";
import { type Placed, placeCuff, placeMeter } from "../../../scenarios/site-devices.ts";
import { type GatewaySetup, openSite, type Site, type VirtualGateway } from "../../../scenarios/virtual-site.ts";
import { airRadio } from "./air-radio.ts";

/** A kiosk in virtual time: a whole gateway over a real store, with a cuff and a meter that stay at it. */
export interface VisitRig {
  readonly site: Site;
  readonly gateway: VirtualGateway;
  readonly store: Store;
  readonly desk: RunningVisitDesk;
  readonly sources: PageSources;
  readonly cuff: Placed<BloodPressureCuff>;
  readonly meter: Placed<GlucoseMeter>;
  /** How often the screen was to be shown anew. */
  changes(): number;
  /** Everything that the screen was given, in order. */
  readonly shown: readonly VisitView[];
  /** Tells the desk of something that the gateway did not do. */
  tell(event: GatewayEvent): void;
  /** Moves time until the work is done. */
  readonly run: <T>(work: Promise<T>) => Promise<T>;
  begin(request?: Partial<StartVisit>): Promise<Visit>;
  /** Begins, agrees and chooses the kind: the devices are on the screen. */
  choosing(kind?: VisitView["kind"], request?: Partial<StartVisit>, trend?: boolean): Promise<Visit>;
  agree(visit: Visit, trend?: boolean): Promise<void>;
}

export interface RigSetup extends Partial<VisitOptions> {
  readonly gateway?: GatewaySetup;
  readonly prepare?: (store: Store) => Promise<void>;
  /** Puts something before the radio. */
  readonly radio?: (radio: ManagedRadio) => ManagedRadio;
}

export async function visitRig({ gateway: more = {}, prepare, radio, ...options }: RigSetup = {}): Promise<VisitRig> {
  const site = await openSite();
  const [cuff, meter] = [placeCuff(site), placeMeter(site)];
  const opened = Promise.withResolvers<{ desk: RunningVisitDesk; sources: PageSources }>();
  const listeners = new Set<GatewayListener>();
  const page = (given: PageSources): RunningVisitDesk => {
    const listen = (listener: GatewayListener): (() => void) => {
      listeners.add(listener);
      const end = given.events.listen(listener);
      return () => {
        listeners.delete(listener);
        end();
      };
    };
    const sources = { ...given, events: { listen } };
    const desk = createVisitDesk(sources, options);
    opened.resolve({ desk, sources });
    return desk;
  };
  const ofAir = airRadio(site.air, [cuff.device.address, meter.device.address]);
  const gateway = await site.gateway({
    radios: [radio?.(ofAir) ?? ofAir],
    ...more,
    page,
    collect: { devices: "known" },
    prepare: async (store) => {
      for (const each of [cuff, meter]) {
        await store.saveDevice(deviceRow(each));
        await setKioskDevice(store, each.id, true);
      }
      await prepare?.(store);
    },
  });
  // The pages are loaded from the disk, which takes no virtual time.
  const { desk, sources } = await opened.promise;
  await site.clock.advance(1_000);
  const shown: VisitView[] = [];
  let changes = 0;
  desk.onChange(() => {
    changes += 1;
    const view = desk.current()?.view();
    if (view !== undefined) shown.push(visitView.parse(structuredClone(view)));
  });
  const run = <T>(work: Promise<T>): Promise<T> => site.clock.runUntil(work);
  const rig: Omit<VisitRig, "choosing"> = {
    site,
    gateway,
    store: gateway.store,
    desk,
    sources,
    cuff,
    meter,
    shown,
    run,
    changes: () => changes,
    tell: (event) => {
      for (const listener of listeners) listener(event);
    },
    begin: (request = {}) => run(desk.begin({ person: "sim-0001", language: "en", ...request })),
    agree: (visit, trend = false) => run(visit.decideConsent(yesTo(visit, trend))),
  };
  return {
    ...rig,
    choosing: async (kind = "blood-pressure-monitor", request = {}, trend = false) => {
      const visit = await rig.begin(request);
      if (visit.view().step === "consent") await rig.agree(visit, trend);
      if (kind !== null) await run(visit.chooseKind(kind));
      return visit;
    },
  };
}

/** A yes to the text that is shown. */
export function yesTo(visit: Visit, trend = false): Parameters<Visit["decideConsent"]>[0] {
  const text = visit.view().consentText;
  return { version: text?.version ?? "", sha256: text?.sha256 ?? "", decision: "given", trend };
}

/** Every value that was on the screen at any time. */
export function valuesShown({ shown }: Pick<VisitRig, "shown">): ReadonlySet<string> {
  const quantities = shown.flatMap(({ results }) =>
    results.flatMap(({ systolic, concentration }) => [systolic, concentration]),
  );
  const curves = shown.flatMap(({ trend }) => trend?.points ?? []).flatMap(({ values }) => values.map(String));
  return new Set([...curves, ...quantities.flatMap((quantity) => quantity?.value ?? [])]);
}

/** The token of the first device that is shown. */
export function firstDevice(visit: Visit): string {
  const [device] = visit.view().devices;
  expect(device).toBeDefined();
  return device?.token ?? "";
}

export const deviceRow = ({ device, id }: Placed<BloodPressureCuff | GlucoseMeter>): KnownDevice => {
  const { addressKind: _, textOctets: __, batteryPercent, ...identity } = device.options.identity;
  return {
    ...identity,
    id,
    driver: device.services.includes("1810") ? "blood-pressure" : "glucose",
    batteryPercent,
    clockOffsetMs: null,
    firstSeenAt: 0,
    lastSeenAt: 0,
  };
};
