import { randomUUID } from "node:crypto";
import { standingConsentsOf } from "../../care/consents-of.ts";
import { withdrawConsents } from "../../care/withdraw-consents.ts";
import type { ConsentRecord, KioskSession } from "../../store/store.ts";
import type { DecideConsent } from "../contract/requests.ts";
import { kioskDevices } from "../kiosk-devices.ts";
import { kioskErrors } from "../kiosk-error.ts";
import type { Scene } from "./progress.ts";
import { consentGiven, consentRefused, trendDecided, visitStarted } from "./visit-deeds.ts";

/** Somebody who agreed to this very version before need not read it again: the session opens, and the visit goes on. */
export async function meetAgain({ host, progress }: Scene): Promise<void> {
  const { sources, options } = host;
  if (progress.who === "guest") return;
  const { version } = options.consent;
  const standing = (await standingConsentsOf(host.sources.store, progress.person)).find(
    (consent) => consent.version === version,
  );
  if (standing === undefined) return;
  const stay = await kioskDevices(sources.store);
  const place = { gateway: sources.gateway, at: sources.now() };
  const session = newSession(standing, place.at, stay);
  await sources.store.record(visitStarted(place, session));
  opened({ host, progress }, standing, session);
  progress.step = "choose";
}

/** Yes or no to the text that was shown. Resolves with `refused` if the visit is over with that. */
export async function decide(scene: Scene, request: DecideConsent): Promise<"given" | "refused"> {
  const { host, progress } = scene;
  const { sources, options } = host;
  const text = options.languages.map((language) => options.consent.text(language));
  const shown = text.find(({ sha256 }) => sha256 === request.sha256);
  if (shown === undefined || request.version !== options.consent.version) {
    throw kioskErrors.make("consent-changed", "the decision is on a text that is not the one in force");
  }
  const place = { gateway: sources.gateway, at: sources.now() };
  if (request.decision === "refused") {
    await (progress.consent === null ? sources.store.record(consentRefused(place, shown.version)) : withdraw(scene));
    return "refused";
  }
  const standing = progress.consent;
  if (standing !== null) {
    if (standing.trend === request.trend) return "given";
    const changed: ConsentRecord = { ...standing, trend: request.trend };
    await sources.store.record(trendDecided(place, changed));
    progress.consent = changed;
    if (!changed.trend) progress.trend = null;
    return "given";
  }
  const consent: ConsentRecord = {
    id: randomUUID(),
    person: progress.person,
    version: shown.version,
    sha256: shown.sha256,
    language: shown.language,
    trend: request.trend,
    givenAt: place.at,
    withdrawnAt: null,
  };
  const session = newSession(consent, place.at, await kioskDevices(sources.store));
  await sources.store.record(consentGiven(place, consent, session));
  opened(scene, consent, session);
  return "given";
}

async function withdraw({ host, progress }: Scene): Promise<void> {
  const { store, gateway, now } = host.sources;
  const { person } = progress;
  await withdrawConsents(store, { person, gateway, at: now(), actor: "visitor" });
  progress.consent = null;
  progress.session = null;
}

function opened(
  { host, progress }: Pick<Scene, "host" | "progress">,
  consent: ConsentRecord,
  session: KioskSession,
): void {
  progress.consent = consent;
  progress.session = session;
  progress.sessionMs = host.sources.clock.monotonicMs();
  progress.sessions.set(session.id, session);
}

/** @param stay the kiosk's own devices: they are this person's for the time of the visit */
const newSession = ({ id, person }: ConsentRecord, at: number, stay: ReadonlySet<string>): KioskSession => ({
  id: randomUUID(),
  person,
  consent: id,
  startedAt: at,
  endedAt: null,
  devices: [...stay].map((deviceId) => ({ deviceId, sinceAt: at })),
});
