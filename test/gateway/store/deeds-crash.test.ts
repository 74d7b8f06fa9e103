import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { verifyAudit } from "../../../gateway/care/verify-audit.ts";
import type { Store } from "../../../gateway/store/store.ts";
import type { StoreTask } from "./store-child.ts";
import { storeRig } from "./store-rig.ts";

/** Lets a process record deeds until it has said so many, kills it, and returns the numbers that it said. */
async function recordAndKill(path: string, from: number, deeds: number): Promise<readonly number[]> {
  const task: StoreTask = "deeds";
  const args = [join(import.meta.dirname, "store-child.ts"), dirname(path), task, String(from)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const closed = once(child, "close");
  const said: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(Number(line));
    if (said.length === deeds) child.kill("SIGKILL");
  }
  await closed;
  return said;
}

/** The numbers of the deeds of which there is a consent, an event, and an audit entry. */
async function kept(store: Store): Promise<Readonly<Record<"consents" | "events" | "entries", readonly number[]>>> {
  const all = { afterSeq: 0, limit: 10_000 };
  const sorted = (numbers: readonly number[]): readonly number[] => numbers.toSorted((one, other) => one - other);
  return {
    consents: sorted((await store.consents(all)).map(({ id }) => Number(id.replace("consent-", "")))),
    events: sorted((await store.pendingEvents(all)).map(({ event }) => event.at - 1_000)),
    entries: sorted((await store.auditEntries(all)).map(({ at }) => at)),
  };
}

test("a process that is killed leaves each deed whole or none of it, and an audit log that is whole", async () => {
  const rig = storeRig();
  const said: number[] = [];
  for (const round of [1, 2, 3]) {
    said.push(...(await recordAndKill(rig.path, round * 1_000, 40)));
    const store = await rig.open();
    const { consents, events, entries } = await kept(store);
    expect(events).toEqual(consents);
    expect(entries).toEqual(consents);
    expect(consents).toEqual(expect.arrayContaining(said));
    expect(await verifyAudit(store)).toMatchObject({ isWhole: true, entries: entries.length });
    await store.close();
  }
  expect(rig.notices).toEqual([]);
}, 120_000);
