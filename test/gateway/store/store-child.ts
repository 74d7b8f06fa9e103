import { join } from "node:path";
import { systemClock } from "../../../gateway/system-clock.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import { auditOf, consent, consentEvent, deedOf } from "../../contracts/store-care.ts";
import { entry, testKey, waitingIn } from "./store-entries.ts";

/**
 * What another process is to do with a store: have it open, fill it until a write fails, count what is in it, or record
 * deeds from a number on until it is killed.
 */
export type StoreTask = "hold" | "fill" | "count" | "deeds";

const [folder = "", task, from = "1"] = process.argv.slice(2);
const failures: string[] = [];
const store = await openStore({
  path: join(folder, "store.db"),
  key: testKey,
  clock: systemClock,
  thread: "inline",
  limits: { walBytesMax: 128 * 1_024 },
  onFailure: ({ code }) => failures.push(code),
});
if (task === "hold") await hold();
else if (task === "fill") await fill();
else if (task === "deeds") await recordDeeds(Number(from));
else process.stdout.write(JSON.stringify({ waiting: (await waitingIn(store)).length }));
await store.close().catch(() => {});

/** Until it is ended from outside. */
async function hold(): Promise<void> {
  process.stdout.write("open\n");
  await systemClock.sleep(60_000);
}

async function fill(): Promise<void> {
  let accepted = 0;
  while (accepted < 100_000 && (await store.add(entry(accepted + 1)).catch(() => null)) === "stored") accepted += 1;
  process.stdout.write(JSON.stringify({ accepted, failures }));
}

/** Each with a consent, an event and an audit entry, and readings beside them: its number is said once it is on disk. */
async function recordDeeds(first: number): Promise<void> {
  for (let number = first; ; number += 4) await Promise.all([0, 1, 2, 3].map((step) => recordAndSay(number + step)));
}

async function recordAndSay(number: number): Promise<void> {
  const change = { type: "consent", consent: { ...consent, id: `consent-${number}` } } as const;
  const parts = { events: [consentEvent(number, "given")], audit: [auditOf(number)] };
  await Promise.all([store.record(deedOf([change], parts)), store.add(entry(number))]);
  process.stdout.write(`${number}\n`);
}
