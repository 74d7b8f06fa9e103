import { previousCollection } from "../../collect/session-history.ts";
import type { GatewayEvent } from "../../gateway-event.ts";
import { isInDoubt, ofVisit, type StoredEvent } from "./reading-of-visit.ts";
import { factsOf, type Scene } from "./progress.ts";
import { trendOf } from "./trend.ts";
import { sessionMoved, visitorDid, audited, deviceNamed } from "./visit-deeds.ts";

/** What happened at the gateway, as this visit sees it. Resolves with whether it is a sign of life of its person. */
export function hear(scene: Scene, event: GatewayEvent): boolean {
  const { progress, host } = scene;
  switch (event.type) {
    case "reading-stored":
      return stored(scene, event);
    case "session-started":
      progress.measuring?.connected(event.driver, host.sources.clock.monotonicMs());
      // By now its bond says who it is, and nothing of what it shows is stored yet.
      if (progress.devices.hasStrangers) void meetDevices(scene);
      return false;
    case "session-ended": {
      const { deviceId, failure } = event;
      if (deviceId !== null && failure === null) void learnHeardOut(scene, deviceId);
      const waitedFor = progress.device === null ? null : progress.devices.idOf(progress.device);
      progress.measuring?.ended(event, waitedFor);
      if (progress.devices.hasStrangers) void meetDevices(scene);
      return false;
    }
    case "delivered":
      void refreshDeliveries(scene);
      return false;
    case "radio":
      if (event.state === "down") progress.measuring?.fail("adapter-absent", true);
      else progress.measuring?.resume();
      return false;
    case "alarm":
      if (event.alarm === null) progress.measuring?.resume();
      else progress.measuring?.fail(event.alarm === "quota" ? "quota-exceeded" : event.alarm, false);
      return false;
    case "clock":
      if (event.state === "trusted") void moveSession(scene);
      return false;
    case "started":
    case "device-seen":
    case "quarantined":
    case "bond":
    case "uplink":
    case "dated":
    case "radio-repair":
    case "radio-adapter":
    case "visit":
    case "pages":
    case "stopped":
      return false;
    default:
      return event satisfies never;
  }
}

/** Returns whether it is shown. */
function stored(scene: Scene, event: StoredEvent): boolean {
  const { progress } = scene;
  const { reading, disposition } = event;
  const facts = factsOf(progress);
  const whose = ofVisit(event, facts);
  if (whose === null) {
    const why = disposition === "undated" ? "reading-undated" : "reading-not-certain";
    if (isInDoubt(event, facts)) progress.measuring?.sawDoubtful(why);
    return false;
  }
  progress.devices.sawSlot(reading.device.id, reading.userSlot);
  const delivery = disposition === "deliver" ? "waiting" : "held";
  if (!progress.chosen.has(reading.device.id)) {
    progress.results.keepBack(reading, delivery);
    if (progress.devices.hasStrangers) void meetDevices(scene);
    return false;
  }
  progress.results.show(reading, delivery);
  showResult(scene);
  return true;
}

/** The device is in this person's hands from now on: the session names it, and what was kept back of it is shown. */
export function takeInHand(scene: Scene, deviceId: string): void {
  const { progress } = scene;
  progress.chosen.add(deviceId);
  nameInSession(scene, deviceId);
  if (progress.results.choose(deviceId)) showResult(scene);
}

/** One that was paired in this visit, since it was paired: it may say only with its first reading who it is. */
export function nameInSession({ progress, host }: Pick<Scene, "progress" | "host">, deviceId: string): void {
  const { now, clock } = host.sources;
  const own = progress.devices.own.find((each) => each.deviceId === deviceId);
  const sinceMs = own === undefined ? 0 : Math.round(clock.monotonicMs() - own.pairedMs);
  if (progress.session !== null) host.owe(deviceNamed({ at: now() - sinceMs }, progress.session.id, deviceId));
}

/** The wait is over: the newest reading is on the screen. */
export function showResult(scene: Scene): void {
  const { progress } = scene;
  if (progress.step !== "measure") return;
  progress.step = "result";
  progress.measuring = null;
  void showTrend(scene);
}

/** The earlier readings of this person, if they agreed to it, once it is on record that they were looked at. */
export async function showTrend({ host, progress, over }: Scene): Promise<void> {
  const { consent, person, session, who, results } = progress;
  const kind = results.newest?.kind ?? "ketone";
  if (kind === "ketone" || who === "guest" || consent?.trend !== true) {
    progress.trend = null;
    return;
  }
  const { store, now } = host.sources;
  try {
    if (!progress.hasViewed) {
      const subject = { person, session: session?.id ?? null };
      await store.record(audited(visitorDid(now(), "readings-viewed", subject)));
      progress.hasViewed = true;
    }
    const trend = await trendOf(store, { person, kind, glucoseUnit: host.options.glucoseUnit });
    if (over.aborted) return;
    progress.trend = progress.consent?.trend === true ? trend : null;
    host.changed();
  } catch {
    // A trend that cannot be read, or not be put on record, is not shown; the result stands without it.
    progress.trend = null;
  }
}

/** Has the device shown, within this visit, all that it had? Only what the collector has written down of it proves that. */
async function learnHeardOut({ host, progress }: Scene, deviceId: string): Promise<void> {
  const { store, now } = host.sources;
  const collection = await previousCollection(store, deviceId).catch(() => null);
  const shownUntil = collection?.shownUntil ?? null;
  const openSince = progress.session?.startedAt ?? null;
  if (shownUntil === null || openSince === null) return;
  if (shownUntil >= openSince && shownUntil <= now()) progress.heardOut.add(deviceId);
}

async function refreshDeliveries({ host, progress, over }: Scene): Promise<void> {
  const isNew = await progress.results.refresh(host.sources.store, progress.person).catch(() => false);
  if (isNew && !over.aborted) host.changed();
}

/** A device that was paired without saying who it is has been connected to: it may be known by now. */
async function meetDevices(scene: Scene): Promise<void> {
  const { progress, host, over } = scene;
  await progress.devices.refresh().catch(() => undefined);
  if (over.aborted) return;
  const deviceId = progress.device === null ? null : progress.devices.idOf(progress.device);
  if (deviceId !== null) takeInHand(scene, deviceId);
  host.changed();
}

/** A session that was opened by a clock that was wrong must not reach back over readings of other people. */
async function moveSession({ host, progress, over }: Scene): Promise<void> {
  const { session } = progress;
  if (session === null || over.aborted) return;
  const { clock, gateway, now, store } = host.sources;
  const elapsedMs = clock.monotonicMs() - progress.sessionMs;
  const { ended, next, deed } = sessionMoved({ gateway, at: now() }, session, elapsedMs);
  progress.session = next;
  progress.heardOut.clear();
  progress.sessionMs = clock.monotonicMs();
  for (const each of [ended, next]) progress.sessions.set(each.id, each);
  // At once, so that no reading finds the session as it was.
  await store.record(deed).catch(() => host.owe(deed));
}
