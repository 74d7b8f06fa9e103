import { expect, onTestFinished, test } from "vitest";
import type { Store } from "../../../gateway/store/store.ts";
import { glucose } from "../../cloud-sync/ingest/sample-readings.ts";
import { outboxContract } from "../../contracts/outbox.ts";
import { storeContract } from "../../contracts/store.ts";
import { addMany, entry } from "./store-entries.ts";
import { storeRig } from "./store-rig.ts";

for (const thread of ["inline", "worker"] as const) {
  outboxContract({
    name: `sqlite, ${thread}`,
    make: async () => {
      const store = await storeRig().open({ thread });
      return {
        outbox: store,
        add: async (lane, number) => {
          await store.add(entry(number, { lane }));
        },
        textOf: (number) => JSON.stringify(glucose(number)),
        close: () => store.close(),
      };
    },
  });

  storeContract({
    name: `sqlite, ${thread}`,
    make: async () => {
      const rig = storeRig();
      let store = await rig.open({ thread });
      onTestFinished(() => store.close());
      const reopen = async (): Promise<Store> => {
        await store.close();
        store = await rig.open({ thread });
        return store;
      };
      return { store, clock: rig.clock, reopen };
    },
  });

  test(`sqlite, ${thread}: one way to the thread and back brings as many pages as were asked for`, async () => {
    const store = await storeRig().open({ thread });
    onTestFinished(() => store.close());
    await addMany(store, 1, 10);
    const page = await store.page({ lane: "fresh", afterSeq: 0, readingsMax: 3, bytesMax: 60_000, pagesMax: 3 });
    expect([page, ...(page?.more ?? [])].map((each) => each?.seqs.length)).toEqual([3, 3, 3]);
  });
}
