import { openStore } from "../../../gateway/store/sqlite-store.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { auditOf, consent, consentEvent, deedOf } from "../../contracts/store-care.ts";
import { entry } from "./store-entries.ts";

/**
 * Records deed after deed, each with a consent, an event and an audit entry, and readings beside them, until it is killed
 * from outside. Each deed's number is said once it is on disk.
 */
const [path = "", from = "1"] = process.argv.slice(2);
const store = await openStore({ path, key: null, clock: systemClock, thread: "worker" });
for (let number = Number(from); ; number += 4) {
  await Promise.all([0, 1, 2, 3].map((step) => recordAndSay(number + step)));
}

async function recordAndSay(number: number): Promise<void> {
  const change = { type: "consent", consent: { ...consent, id: `consent-${number}` } } as const;
  const parts = { events: [consentEvent(number, "given")], audit: [auditOf(number)] };
  await Promise.all([store.record(deedOf([change], parts)), store.add(entry(number))]);
  process.stdout.write(`${number}\n`);
}
