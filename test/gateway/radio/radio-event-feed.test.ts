import { expect, test } from "vitest";
import type { RadioEvent } from "../../../gateway/radio/managed-radio.ts";
import { RadioEventFeed } from "../../../gateway/radio/radio-event-feed.ts";

const bonded = (address: string): RadioEvent => ({ type: "bond-made", address });

async function all(events: AsyncIterable<RadioEvent>): Promise<readonly RadioEvent[]> {
  const heard: RadioEvent[] = [];
  for await (const event of events) heard.push(event);
  return heard;
}

test("every listener hears what comes after it began, in order, until its signal is aborted", async () => {
  const feed = new RadioEventFeed();
  feed.tell(bonded("too early"));
  const first = new AbortController();
  const second = new AbortController();
  const iterator = feed.events(first.signal)[Symbol.asyncIterator]();
  feed.tell(bonded("A"));
  const later = feed.events(second.signal)[Symbol.asyncIterator]();
  feed.tell({ type: "adapter-gone" });
  expect((await iterator.next()).value).toEqual(bonded("A"));
  expect((await iterator.next()).value).toEqual({ type: "adapter-gone" });
  expect((await later.next()).value).toEqual({ type: "adapter-gone" });
  const waiting = iterator.next();
  first.abort();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(await all(feed.events(AbortSignal.abort()))).toEqual([]);
  second.abort();
});

test("a listener that takes nothing keeps the newest only", async () => {
  const feed = new RadioEventFeed();
  const stop = new AbortController();
  const events = feed.events(stop.signal)[Symbol.asyncIterator]();
  for (let number = 0; number < 300; number += 1) feed.tell(bonded(String(number)));
  expect((await events.next()).value).toEqual(bonded("44"));
  stop.abort();
});
