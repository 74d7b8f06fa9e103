import { getHeapSnapshot } from "node:v8";
import { createEventFeed } from "../../../../gateway/event-feed.ts";
import { createVisitDesk } from "../../../../gateway/kiosk/visit/create-visit-desk.ts";
import { setKioskDevice } from "../../../../gateway/kiosk/kiosk-devices.ts";
import { openStore } from "../../../../gateway/store/sqlite-store.ts";
import { seededRandom } from "../../../../simulators/random.ts";
import { createVirtualClock } from "../../../../simulators/clock/virtual-clock.ts";
import { bloodPressure } from "../../../cloud-sync/ingest/sample-readings.ts";
import { quietSources } from "./quiet-sources.ts";

/**
 * Leads one person through a visit, and counts how often what is theirs is in the memory of this process: while the visit
 * lasts, and when it is over and the visit itself is still held by somebody. The store is in a thread of its own.
 */
const [, , path = ""] = process.argv;
// Never whole in the source, nor in anything that lives on here.
const personParts = ["sim-", "canary-", "7341"];
const remarkParts = ["canary-", "remark-", "9142"];
const person = (): string => personParts.join("");
const remark = (): string => remarkParts.join("");

const clock = createVirtualClock(Date.UTC(2026, 10, 23, 8));
const store = await openStore({ path, key: null, clock, thread: "worker" });
const events = createEventFeed(undefined);
const desk = createVisitDesk(quietSources({ store, clock, events, random: seededRandom(1) }));
const deviceId = "device-1";
const unknown = { manufacturer: null, model: null, serial: null, systemId: null, firmware: null };
const unseen = { batteryPercent: null, clockOffsetMs: null, firstSeenAt: 0, lastSeenAt: 0 };
const address = "C0:00:00:00:00:02";
await store.saveDevice({ id: deviceId, driver: "blood-pressure", address, name: "Cuff", ...unknown, ...unseen });
await setKioskDevice(store, deviceId, true);

const visit = await desk.begin({ person: person(), language: "en" });
await visit.decideConsent({ ...textRead(), decision: "given", trend: true });
await visit.chooseKind("blood-pressure-monitor");
await visit.measure(visit.view().devices[0]?.token ?? "");
await takeReading();
const during = {
  shown: visit.view().results.length,
  person: await count(personParts),
  reading: await count(remarkParts),
};
await visit.end("done");
await clock.advance(30_000);
const after = {
  shown: visit.view().results.length,
  person: await count(personParts),
  reading: await count(remarkParts),
};
process.stdout.write(JSON.stringify({ during, after, isGone: desk.current() === null }));
await store.close();

function textRead(): { readonly version: string; readonly sha256: string } {
  const text = visit.view().consentText;
  return { version: text?.version ?? "", sha256: text?.sha256 ?? "" };
}

/** As the collector tells of it. */
async function takeReading(): Promise<void> {
  const [session] = await store.sessions(0);
  const base = bloodPressure(1);
  const reading = {
    ...base,
    device: { ...base.device, id: deviceId },
    person: person(),
    attribution: { by: "session" as const, reference: session?.id ?? null },
    status: [remark()],
  };
  events.tell({ type: "reading-stored", outcome: "stored", reading, lane: "fresh", disposition: "deliver" });
}

/** How often these words are in the heap. They are put together as octets, since a string would be found itself. */
async function count(parts: readonly string[]): Promise<number> {
  const needle = Buffer.concat(parts.map((part) => Buffer.from(part)));
  let found = 0;
  let rest = Buffer.alloc(0);
  for await (const chunk of getHeapSnapshot()) {
    const text = Buffer.concat([rest, chunk]);
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) found += 1;
    rest = text.subarray(Math.max(0, text.length - needle.length + 1));
  }
  return found;
}
