import { expect, onTestFinished, test } from "vitest";
import { auditHeads, headIntervalMs } from "../../gateway/audit-heads.ts";
import type { Store } from "../../gateway/store/store.ts";
import { auditOf, deedOf } from "../contracts/store-care.ts";
import { keptLog, type KeptLog } from "../doubles/kept-log.ts";
import { type StoreRig, storeRig } from "./store/store-rig.ts";

interface Running {
  readonly rig: StoreRig;
  readonly store: Store;
  readonly log: KeptLog;
  readonly write: (number: number) => Promise<unknown>;
  readonly told: () => Promise<readonly number[]>;
  readonly stop: () => Promise<void>;
}

/** Runs over a store of its own, or over one that is lent, from now on. */
async function running(rig = storeRig(), lent?: Store): Promise<Running> {
  const store = lent ?? (await rig.open());
  if (lent === undefined) onTestFinished(() => store.close());
  const log = keptLog();
  const stopping = new AbortController();
  const { clock } = rig;
  const part = auditHeads({ gateway: "gw-1", store, clock, now: () => clock.now(), log });
  const ended = part.run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await ended;
  };
  onTestFinished(stop);
  await clock.advance(0);
  return {
    rig,
    store,
    log,
    write: (number) => store.record(deedOf([], { audit: [auditOf(number)] })),
    told: async () =>
      (await store.pendingEvents({ afterSeq: 0, limit: 100 })).map(({ event: { event } }) =>
        event.type === "audit-head" ? event.seq : -1,
      ),
    stop,
  };
}

test("a log that grows is told of every 15 minutes, and one that does not is not", async () => {
  const { rig, write, told } = await running();
  expect(await told()).toEqual([]);
  await write(1);
  await write(2);
  await rig.clock.advance(headIntervalMs - 1);
  expect(await told()).toEqual([]);
  await rig.clock.advance(1);
  expect(await told()).toEqual([2]);
  await rig.clock.advance(3 * headIntervalMs);
  expect(await told()).toEqual([2]);
  await write(3);
  await rig.clock.advance(headIntervalMs);
  expect(await told()).toEqual([2, 3]);
});

test("the head that is told is the log's own, and telling writes nothing into it", async () => {
  const { rig, store, write } = await running();
  await write(1);
  await rig.clock.advance(headIntervalMs);
  const head = await store.auditHead();
  const [pending] = await store.pendingEvents({ afterSeq: 0, limit: 10 });
  expect(pending?.event).toMatchObject({ gateway: "gw-1", event: { type: "audit-head", ...head } });
  expect(head?.seq).toBe(1);
});

test("at the stop the last word is told, and the next start repeats nothing", async () => {
  const { rig, store, write, told, stop } = await running();
  await write(1);
  await stop();
  expect(await told()).toEqual([1]);
  const next = await running(rig, store);
  expect(await told()).toEqual([1]);
  await next.write(2);
  await next.stop();
  expect(await told()).toEqual([1, 2]);
});

test("what was written while nothing ran is told at the start", async () => {
  const rig = storeRig();
  const store = await rig.open();
  onTestFinished(() => store.close());
  await store.record(deedOf([], { audit: [auditOf(1)] }));
  const { told } = await running(rig, store);
  expect(await told()).toEqual([1]);
});

test("a store that refuses ends nothing: it is told later", async () => {
  const rig = storeRig();
  const store = await rig.open();
  onTestFinished(() => store.close());
  await store.record(deedOf([], { audit: [auditOf(1)] }));
  let refuses = true;
  const moody: Pick<Store, "record" | "auditHead" | "setting" | "saveSetting" | "pendingEvents"> = {
    record: (deed) => (refuses ? Promise.reject(new Error("no room")) : store.record(deed)),
    auditHead: () => store.auditHead(),
    setting: (name) => store.setting(name),
    saveSetting: (name, value) => store.saveSetting(name, value),
    pendingEvents: (query) => store.pendingEvents(query),
  };
  const log = keptLog();
  const stopping = new AbortController();
  const { clock } = rig;
  const ended = auditHeads({ gateway: "gw-1", store: moody, clock, now: () => 1, log }).run(stopping.signal);
  await clock.advance(0);
  expect(await store.pendingEvents({ afterSeq: 0, limit: 10 })).toEqual([]);
  refuses = false;
  await clock.advance(headIntervalMs);
  expect(await store.pendingEvents({ afterSeq: 0, limit: 10 })).toHaveLength(1);
  stopping.abort();
  await ended;
  expect(JSON.stringify(log)).toContain("audit-head-not-told");
});
