import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { connect } from "../../../cloud-sync/sqlite/connection.ts";
import type { StoreNotice } from "../../../gateway/store/store-request.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import { realClock } from "../../doubles/real-clock.ts";
import type { StoreTask } from "./store-child.ts";
import { addMany, deliverAll, entry, testKey, waitingIn } from "./store-entries.ts";
import { storeRig, temporaryFolder } from "./store-rig.ts";

test("a reader sees what a running store commits, and can change nothing", async () => {
  const { open } = storeRig();
  const owner = await open({ thread: "worker" });
  const reader = await open({ access: "reader" });
  await owner.add(entry(1));
  expect(await waitingIn(reader)).toEqual([1]);
  expect(await reader.counts()).toMatchObject({ readings: 1, waiting: 1, alarm: null });
  await deliverAll(owner);
  expect(await reader.backlog()).toEqual({ waiting: 0, oldestUnsentAt: null });
  expect((await reader.readings({ limit: 10 }))[0]?.state).toBe("delivered");
  await expect(reader.add(entry(2))).rejects.toMatchObject({ code: "store-unreachable" });
  await reader.close();
  expect(await owner.add(entry(2))).toBe("stored");
  await owner.close();
});

test("a second owner is refused as locked, and the first goes on", async () => {
  const { open } = storeRig();
  const owner = await open({ thread: "worker" });
  await expect(open()).rejects.toMatchObject({ code: "store-locked", recovery: "stop" });
  await expect(open({ thread: "worker" })).rejects.toMatchObject({ code: "store-locked" });
  expect(await owner.add(entry(1))).toBe("stored");
  await owner.close();
  await (await open()).close();
});

test("a store that another process has open is locked, and free as soon as that process is gone", async () => {
  const { path, open } = storeRig();
  const child = [join(import.meta.dirname, "store-child.ts"), dirname(path), "hold" satisfies StoreTask];
  const holder = spawn(process.execPath, child, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void holder.kill("SIGKILL"));
  await once(holder.stdout, "data");
  await expect(open()).rejects.toMatchObject({ code: "store-locked" });
  holder.kill("SIGKILL");
  await once(holder, "exit");
  await (await open()).close();
});

test("while another program holds the write lock an addition fails as locked, and later one is stored", async () => {
  const { path, open } = storeRig({ limits: { busyTimeoutMs: 1 } });
  const store = await open();
  const other = connect({ path, key: testKey, busyTimeoutMs: 0, access: "writer" });
  other.exec("BEGIN IMMEDIATE");
  await expect(store.add(entry(1))).rejects.toMatchObject({ code: "store-locked" });
  other.close();
  expect(await store.add(entry(1))).toBe("stored");
  expect(await store.counts()).toMatchObject({ readings: 1, waiting: 1 });
  await store.close();
});

test("a wrong key is an error and sets nothing aside, on either thread", async () => {
  const { open, notices } = storeRig();
  const owner = await open();
  await owner.add(entry(1));
  await owner.close();
  for (const thread of ["inline", "worker"] as const) {
    await expect(open({ thread, key: new Uint8Array(32) })).rejects.toMatchObject({ code: "store-key-wrong" });
  }
  const again = await open();
  expect(await waitingIn(again)).toEqual([1]);
  expect(notices).toEqual([]);
  await again.close();
});

test("after a crash a large file is read through while the store works, and damage is found unasked", async () => {
  const { path, open } = storeRig();
  const owner = await open();
  await addMany(owner, 1, 3_000);
  await owner.close();
  const running = await open();
  await running.add(entry(3_001));
  const copy = join(temporaryFolder(), "store.db");
  for (const suffix of ["", "-wal", "-guard"]) copyFileSync(path + suffix, copy + suffix);
  await running.close();
  const bytes = readFileSync(copy);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  writeFileSync(copy, bytes);
  const failed = Promise.withResolvers<string>();
  const store = await openStore({
    path: copy,
    key: testKey,
    clock: realClock,
    thread: "worker",
    limits: { checkBytesMax: 0, walBytesMax: 64 * 1_024 },
    onFailure: ({ code }) => failed.resolve(code),
  });
  expect(await failed.promise).toBe("store-damaged");
  await store.close();
  const notices: StoreNotice[] = [];
  const onNotice = (notice: StoreNotice): void => void notices.push(notice);
  const next = await openStore({ path: copy, key: testKey, clock: realClock, thread: "inline", onNotice });
  onTestFinished(() => next.close());
  expect(notices).toContainEqual(expect.objectContaining({ type: "set-aside" }));
});

test("what many callers add at once is stored in few commits, each in its order", async () => {
  const { open } = storeRig();
  const store = await open({ thread: "worker" });
  await Promise.all(Array.from({ length: 1_000 }, (_, index) => store.add(entry(index + 1))));
  expect(await waitingIn(store)).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
  await store.close();
});
