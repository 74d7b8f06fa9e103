import { randomUUID } from "node:crypto";
import type { RemoteSettings } from "../cloud-sync/contract/control.ts";
import type { Connector } from "../cloud-sync/mqtt/connection.ts";
import { sqliteErrors } from "../cloud-sync/sqlite/sqlite-error.ts";
import { createForwarder, type Forwarder } from "../cloud-sync/uplink/forwarder.ts";
import type { Clock, Random } from "../device-drivers/ports/clock.ts";
import type { Log } from "../device-drivers/ports/log.ts";
import { type ClockKeeper, openClockKeeper } from "./clock-keeper.ts";
import { Collector } from "./collect/collector.ts";
import { superviseRadios, type RadioSupervisor } from "./collect/radio-supervisor.ts";
import { RecordRetries } from "./collect/record-retries.ts";
import { siteZone } from "./collect/site-zone.ts";
import { IdentityKeeper, type IdentityPorts } from "./identity/identity-keeper.ts";
import { auditHeads } from "./audit-heads.ts";
import { forgetAudited } from "./care/forget-audited.ts";
import { createEventFeed, type EventFeed } from "./event-feed.ts";
import { eventOutboxOf } from "./event-outbox-of.ts";
import type { GatewayListener } from "./gateway-event.ts";
import { endOpenSessions } from "./kiosk/visit/open-sessions.ts";
import type { OperationOptions } from "./gateway-options.ts";
import { bundleForCloud } from "./ops/bundle-for-cloud.ts";
import type { BundleSources } from "./ops/bundle-of-gateway.ts";
import type { MetricSources } from "./ops/metrics.ts";
import type { PageSources } from "./page-sources.ts";
import { BondKeeper } from "./pairing/bond-keeper.ts";
import { followRoster } from "./follow-roster.ts";
import { forgetDevice, type Forgotten } from "./pairing/forget-device.ts";
import type { PairingDesk } from "./pairing/pairing-desk.ts";
import type { ManagedRadio } from "./radio/managed-radio.ts";
import { commandHandlers, storedSettings } from "./remote-commands.ts";
import { type Part, runParts } from "./run-parts.ts";
import type { LifeSources } from "./service/life-signs.ts";
import type { StoreClock } from "./store-clock.ts";
import type { Store } from "./store/store.ts";

/** The gateway's surroundings: real ones in `run-gateway.ts`, virtual ones in tests. */
export interface GatewayPorts {
  readonly store: Store;
  /** The clock that the store was opened with. */
  readonly storeClock: StoreClock;
  /** One or more, the one to use first at the front. */
  readonly radios: readonly ManagedRadio[];
  readonly connector: Connector;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where other commands of this machine reach the gateway; omitted where they need not. */
  readonly controlPath?: string;
  /** Names the span of time in which the monotonic clock counts from one zero. */
  readonly bootId: string;
  /** See `ClockEvidence`. */
  readonly synchronisation: () => string | null;
  /** Where the gateway keeps its certificate, and how it renews it; omitted where it has none of its own. */
  readonly identity?: IdentityPorts;
  readonly onEvent?: GatewayListener;
  /** Shows what these say to whoever measures, while the gateway runs. */
  readonly metrics?: ((sources: MetricSources) => Part) | undefined;
  /** Tells whoever keeps this program running how it is, while it runs; omitted where nobody does. */
  readonly service?: ((sources: LifeSources) => Part) | undefined;
  /** The pages for people, while the gateway runs; omitted where nobody looks. */
  readonly page?: ((sources: PageSources) => Part) | undefined;
  /** Writes the support bundle that the cloud may ask for; omitted where it may not. */
  readonly supportBundle?: ((sources: BundleSources, signal: AbortSignal) => Promise<string>) | undefined;
  /** When the certificate of the pages ends, as it is served; omitted where they have none. */
  readonly pagesCertificateExpiresAt?: (() => number | null) | undefined;
  readonly setLogLevel?: (level: NonNullable<RemoteSettings["logLevel"]>) => void;
}

/**
 * Collects and delivers until the signal is aborted. Nothing waits for anything else to come up: with the broker away,
 * a reading is on disk after one commit; with the radio away, what waits is delivered. It stops collecting first, and
 * then lets the forwarder finish what is under way. The ports are the caller's to close.
 */
export async function operateGateway(
  ports: GatewayPorts,
  options: OperationOptions,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, log, bootId } = ports;
  const { gateway, version } = options;
  const events = createEventFeed(ports.onEvent);
  const onEvent = events.tell;
  const zone = siteZone(options.timeZone);
  const shared = { ...ports, onEvent, zone, options: options.collect };
  const links: { forwarder: Forwarder | null } = { forwarder: null };
  const keeper = await openClockKeeper({
    ...shared,
    assumeSynchronised: options.clock.assumeSynchronised,
    onChange: () => links.forwarder?.stateChanged(),
  });
  ports.storeClock.follow(keeper.trust);
  const retries = new RecordRetries(options.collect.contextRetriesMax);
  const supervisor = superviseRadios(ports.radios, options.supervision, {
    ...shared,
    onChange: () => links.forwarder?.stateChanged(),
  });
  const now = likelyNowOf(keeper);
  const bonds = new BondKeeper({ ...shared, active: () => supervisor.active(), now });
  const collector = new Collector({ ...shared, radio: supervisor.radio, trust: keeper.trust, retries, bonds });
  const identity =
    ports.identity === undefined
      ? null
      : new IdentityKeeper({ ...ports, ...ports.identity, gateway, onRenewed: () => links.forwarder?.reconnect() });
  const composition = { ports, options, keeper, collector, supervisor, bonds, identity };
  const forwarder = forwarderFor(composition);
  links.forwarder = forwarder;
  const setFromAfar = await storedSettings(store);
  forwarder.settings(setFromAfar);
  if (setFromAfar.logLevel !== undefined) ports.setLogLevel?.(setFromAfar.logLevel);
  await endVisitsLeftOpen(store, keeper);
  log.info("gateway-started", { gateway, version, bootId, clock: keeper.trust.state });
  onEvent({ type: "started", gateway, bootId });
  const parts: Part[] = [
    keeper,
    ...(identity === null ? [] : [identity]),
    { name: "forwarder", run: (stop) => forwarder.run(stop) },
    auditHeads({ ...shared, gateway, now }),
    ...(ports.onEvent === undefined && ports.page === undefined ? [] : [uplinkWatch(forwarder, clock, onEvent)]),
    supervisor,
    bonds,
    { name: "collector", run: (stop) => collector.run(stop) },
    ...doorsFor(composition, { forwarder, events }),
    ...watchersFor(composition, forwarder),
  ];
  try {
    await runParts(parts, signal);
  } finally {
    log.info("gateway-stopped", { gateway });
    onEvent({ type: "stopped" });
  }
}

/**
 * Before anything is collected: what comes from now on is not theirs who stood at the kiosk when the power went. A store
 * that is full takes no readings either; the kiosk, which takes no visits until this is done, tries again.
 */
async function endVisitsLeftOpen(store: Store, keeper: ClockKeeper): Promise<void> {
  try {
    await endOpenSessions({ store, now: () => Math.round(keeper.trust.likelyNow()) });
  } catch (error) {
    if (!sqliteErrors.is(error, "disk-full", "quota-exceeded")) throw error;
  }
}

interface Composition {
  readonly ports: GatewayPorts;
  readonly options: OperationOptions;
  readonly keeper: ClockKeeper;
  readonly collector: Collector;
  readonly supervisor: RadioSupervisor;
  readonly bonds: BondKeeper;
  readonly identity: IdentityKeeper | null;
}

/** The likeliest time, in milliseconds since 1970. */
const likelyNowOf =
  ({ trust }: ClockKeeper): (() => number) =>
  () =>
    Math.round(trust.likelyNow());

/**
 * What other commands of this machine may ask, and what people see, each where there is a place for it. Loaded when the
 * rest runs. There is one desk for pairing, whoever asks.
 */
function doorsFor(
  composition: Composition,
  { forwarder, events }: { readonly forwarder: Forwarder; readonly events: EventFeed },
): readonly Part[] {
  const { ports, options, keeper, collector, supervisor, bonds, identity } = composition;
  const { store, controlPath: path, page } = ports;
  const now = likelyNowOf(keeper);
  let opened: Promise<PairingDesk> | null = null;
  const desk = (): Promise<PairingDesk> => (opened ??= openDesk(composition));
  const control = async (socketPath: string, signal: AbortSignal): Promise<void> => {
    const { gatewayControl } = await import("./gateway-control.ts");
    const parts = { ...options, ...ports, path: socketPath, supervisor, bonds, desk: await desk(), now };
    await gatewayControl(parts).run(signal);
  };
  const pages = async (show: NonNullable<GatewayPorts["page"]>, signal: AbortSignal): Promise<void> => {
    const sources: PageSources = {
      ...options,
      ...ports,
      now,
      trust: keeper.trust,
      forwarder,
      supervisor,
      collector,
      events,
      pairing: await desk(),
      forget: (deviceId) => forgetDevice({ store, keeper: bonds }, deviceId),
      certificateExpiresAt: identity === null ? null : () => identity.expiresAt(),
      pagesCertificateExpiresAt: ports.pagesCertificateExpiresAt ?? null,
    };
    await show(sources).run(signal);
  };
  return [
    ...(path === undefined ? [] : [{ name: "control", run: (signal: AbortSignal) => control(path, signal) }]),
    ...(page === undefined ? [] : [{ name: "pages", run: (signal: AbortSignal) => pages(page, signal) }]),
  ];
}

/** Who measures the gateway, and who keeps it running: the latter is told of its end first. */
function watchersFor(
  { ports, keeper, collector, supervisor, identity }: Composition,
  forwarder: Forwarder,
): readonly Part[] {
  const { store, clock, metrics, service } = ports;
  const { trust } = keeper;
  const certificateExpiresAt = identity === null ? undefined : (): number | null => identity.expiresAt();
  return [
    ...(metrics === undefined ? [] : [metrics({ store, forwarder, supervisor, trust, certificateExpiresAt })]),
    ...(service === undefined ? [] : [service({ store, forwarder, collector, supervisor, clock })]),
  ];
}

async function openDesk({ ports, keeper, collector, supervisor, bonds }: Composition): Promise<PairingDesk> {
  const { PairingDesk } = await import("./pairing/pairing-desk.ts");
  return new PairingDesk({
    active: () => supervisor.active(),
    keeper: bonds,
    store: ports.store,
    clock: ports.clock,
    now: likelyNowOf(keeper),
    letGo: (address) => collector.letGo(address),
    onPaired: (address) => collector.expect(address),
  });
}

function forwarderFor(composition: Composition): Forwarder {
  const { ports, options, keeper, collector, supervisor, bonds, identity } = composition;
  const { store, setLogLevel = (): void => undefined, pagesCertificateExpiresAt: pagesExpireAt } = ports;
  const { gateway, version } = options;
  const now = likelyNowOf(keeper);
  const forget = (device: string): Promise<Forgotten> => forgetDevice({ store, keeper: bonds }, device);
  const forwarder: Forwarder = createForwarder(
    {
      ...ports,
      outbox: store,
      events: eventOutboxOf(store, gateway),
      commands: commandHandlers({
        store,
        collector: () => collector,
        forget: (device) =>
          forgetAudited({ store, forget }, { at: now(), actor: "cloud", gateway: () => gateway }, device),
        followRoster: (roster) => followRoster({ store, keeper: bonds, collector, log: ports.log }, roster),
        supportBundle: bundleCommand(composition, () => forwarder),
        setLogLevel,
      }),
      describe: async () => {
        const { held, undated, alarm } = await store.counts();
        return {
          held: held + undated,
          clock: keeper.trust.state,
          alarm,
          radio: supervisor.state().condition,
          rosterVersion: await store.rosterVersion(),
          ...(identity === null ? {} : { certificateExpiresAt: identity.expiresAt() }),
          ...(pagesExpireAt === undefined ? {} : { pagesCertificateExpiresAt: pagesExpireAt() }),
        };
      },
      onServerTime: (at) => keeper.trust.hear(at),
      trustedNow: () => keeper.trust.trustedNow(),
    },
    {
      ...options.uplink,
      ...(identity === null ? {} : { tls: () => identity.tls() }),
      gateway,
      version,
      bootId: randomUUID(),
    },
  );
  return forwarder;
}

function bundleCommand(
  { ports, options, keeper, supervisor }: Composition,
  forwarder: () => Forwarder,
): ReturnType<typeof bundleForCloud> | undefined {
  const { store, clock, supportBundle } = ports;
  if (supportBundle === undefined) return undefined;
  const now = likelyNowOf(keeper);
  const { gateway, version } = options;
  const sources = { gateway, version, store, now, trust: keeper.trust, supervisor };
  const make = (signal: AbortSignal): Promise<string> => supportBundle({ ...sources, forwarder: forwarder() }, signal);
  return bundleForCloud({ store, clock, now, make });
}

const watchMs = 250;

/** Tells a live view what the forwarder counts. It runs only where somebody listens. */
function uplinkWatch(forwarder: Forwarder, clock: Clock, onEvent: GatewayListener): Part {
  let isConnected = false;
  let delivered = 0;
  const look = (): void => {
    const status = forwarder.status();
    if ((status.connection !== null) !== isConnected) {
      isConnected = !isConnected;
      onEvent({ type: "uplink", state: isConnected ? "connected" : "disconnected" });
    }
    const readings = status.counts.delivered - delivered;
    delivered = status.counts.delivered;
    if (readings > 0) onEvent({ type: "delivered", readings });
  };
  return {
    name: "uplink watch",
    run: async (signal) => {
      while (!signal.aborted) {
        look();
        await clock.sleep(watchMs, signal).catch(() => undefined);
      }
      look();
    },
  };
}
