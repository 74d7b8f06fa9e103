import { expect } from "vitest";
import type { Delivery, EventDelivery, NewDeadLetter, Sink, StoredEvent } from "../../cloud-sync/ingest/sink.ts";
import { bloodPressure, glucose, readingId } from "../cloud-sync/ingest/sample-readings.ts";
import { type Check as Checks, contractChecks } from "./contract-checks.ts";

export interface SinkSubject {
  readonly sink: Sink;
  /** Another sink over the same data, after this one was closed; null where the data ends with the sink. */
  readonly reopen: (() => Promise<Sink>) | null;
  readonly deadLettersPerGatewayMax: number;
}

export interface SinkContract {
  readonly name: string;
  readonly make: () => Promise<SinkSubject>;
}

type Check = Checks<SinkSubject>;

/** What every sink promises. */
export function sinkContract(contract: SinkContract): void {
  const check = contractChecks(contract, ({ sink }) => sink.close());
  committing(check);
  feeding(check);
  keepingEvents(check);
  keepingDeadLetters(check);
  closing(check);
}

function committing(check: Check): void {
  check("a reading that is new is stored, and the same one again is a duplicate", async ({ sink }) => {
    expect(await sink.commit([of(1), of(2)])).toEqual(["stored", "stored"]);
    expect(await sink.commit([of(2), of(3)])).toEqual(["duplicate", "stored"]);
    expect(await sink.counts()).toEqual({ readings: 3, deadLetters: 0 });
  });

  check("the same reading from another gateway is a duplicate", async ({ sink }) => {
    await sink.commit([of(1)]);
    expect(await sink.commit([{ gateway: "gw-2", reading: glucose(1) }])).toEqual(["duplicate"]);
    expect((await sink.readings({ afterPosition: 0, limit: 10 }))[0]?.gateway).toBe("gw-1");
  });

  check("a later revision replaces an earlier one, and an earlier one changes nothing", async ({ sink }) => {
    await sink.commit([of(1)]);
    const completed = glucose(1, { revision: 2, context: { meal: "fasting" } });
    expect(await sink.commit([{ gateway: "gw-1", reading: completed }])).toEqual(["stored"]);
    expect(await sink.commit([of(1)])).toEqual(["duplicate"]);
    const [stored] = await sink.readings({ afterPosition: 0, limit: 10 });
    expect(stored?.reading).toEqual(completed);
    expect((await sink.counts()).readings).toBe(1);
  });

  check("commits that overlap each get the outcomes of their own", async ({ sink }) => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, n) => sink.commit([of(n), of(n + 1)])));
    const stored = outcomes.flat().filter((outcome) => outcome === "stored").length;
    expect(stored).toBe(21);
    expect((await sink.counts()).readings).toBe(21);
  });

  check("a reading comes back as it was committed, of either kind", async ({ sink }) => {
    const low = glucose(1, { concentration: { absent: "negative-infinity", unit: "mg/dL" } });
    const readings = [low, bloodPressure(2)];
    await sink.commit(readings.map((reading) => ({ gateway: "gw-1", reading })));
    const stored = await sink.readings({ afterPosition: 0, limit: 10 });
    expect(stored.map(({ reading }) => reading)).toEqual(readings);
  });
}

function feeding(check: Check): void {
  check("readings are given in the order of their commit, a page at a time", async ({ sink }) => {
    for (const n of [3, 1, 2]) await sink.commit([of(n)]);
    const first = await sink.readings({ afterPosition: 0, limit: 2 });
    expect(first.map(({ reading }) => reading.id)).toEqual([readingId(3), readingId(1)]);
    const rest = await sink.readings({ afterPosition: first[1]?.position ?? 0, limit: 2 });
    expect(rest.map(({ reading }) => reading.id)).toEqual([readingId(2)]);
    expect(await sink.lastPosition()).toBe(rest[0]?.position);
  });

  check("a reading that was revised is at the end of the feed", async ({ sink }) => {
    await sink.commit([of(1), of(2)]);
    const before = await sink.lastPosition();
    await sink.commit([{ gateway: "gw-1", reading: glucose(1, { revision: 2 }) }]);
    const after = await sink.readings({ afterPosition: before, limit: 10 });
    expect(after.map(({ reading }) => reading.revision)).toEqual([2]);
  });

  check("the latest readings of a feed can be asked for", async ({ sink }) => {
    for (const n of [3, 1, 2]) await sink.commit([of(n)]);
    await sink.commit([{ gateway: "gw-1", reading: glucose(3, { revision: 2 }) }]);
    const latest = await sink.readings({ afterPosition: await sink.positionBefore(2), limit: 10 });
    expect(latest.map(({ reading }) => reading.id)).toEqual([readingId(2), readingId(3)]);
    expect(await sink.positionBefore(0)).toBe(await sink.lastPosition());
    expect(await sink.positionBefore(3)).toBe(0);
  });

  check("an empty sink has a last position of 0", async ({ sink }) => {
    expect(await sink.lastPosition()).toBe(0);
    expect(await sink.positionBefore(10)).toBe(0);
    expect(await sink.readings({ afterPosition: 0, limit: 10 })).toEqual([]);
  });
}

function keepingEvents(check: Check): void {
  check(
    "an event that is new is stored, and the same id of the same gateway again is a duplicate",
    async ({ sink }) => {
      expect(await sink.commitEvents([event(1), event(2)])).toEqual(["stored", "stored"]);
      expect(await sink.commitEvents([event(2, { body: "{}" }), event(3)])).toEqual(["duplicate", "stored"]);
      expect(await sink.commitEvents([event(4), event(4)])).toEqual(["stored", "duplicate"]);
      expect(await sink.commitEvents([event(1, { gateway: "gw-2" })])).toEqual(["stored"]);
      expect(await sink.commitEvents([])).toEqual([]);
      expect((await sink.events({ afterPosition: 0, limit: 10 })).map(shown)).toEqual(
        [event(1), event(2), event(3), event(4), event(1, { gateway: "gw-2" })].map(shown),
      );
      expect(await sink.counts()).toEqual({ readings: 0, deadLetters: 0 });
    },
  );

  check("an event comes back as it came, to the octet, whatever is in it", async ({ sink }) => {
    const bodies = [
      String.raw`{ "x" : 1.000e400, "big":12345678901234567890 ,\t"a":"\u0000\ud800 \\ \" {,}" }`,
      `{"deep":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
      '{\n"é":"\u{1F4A7} \u007f\u0085"}',
      "NULL",
    ];
    await sink.commitEvents(bodies.map((body, n) => event(n, { body, at: Number.MIN_SAFE_INTEGER + n })));
    const events = await sink.events({ afterPosition: 0, limit: 10 });
    expect(events.map(({ body }) => body)).toEqual(bodies);
    expect(events[0]?.at).toBe(Number.MIN_SAFE_INTEGER);
  });

  check("events are given in the order of their commit, a page at a time", async ({ sink }) => {
    for (const n of [3, 1, 2]) await sink.commitEvents([event(n)]);
    const first = await sink.events({ afterPosition: 0, limit: 2 });
    expect(first.map(({ at }) => at)).toEqual([3, 1]);
    const rest = await sink.events({ afterPosition: first[1]?.position ?? 0, limit: 2 });
    expect(rest.map(({ at }) => at)).toEqual([2]);
    expect(await sink.events({ afterPosition: rest[0]?.position ?? 0, limit: 2 })).toEqual([]);
  });

  check("events that overlap are stored once each, and readings beside them", async ({ sink }) => {
    const both = Array.from({ length: 12 }, (_, n) => [
      sink.commitEvents([event(n), event(n + 1)]),
      sink.commit([of(n)]),
    ]);
    const outcomes = (await Promise.all(both.flat())).flat();
    expect(outcomes.filter((outcome) => outcome === "stored")).toHaveLength(13 + 12);
    expect(await sink.events({ afterPosition: 0, limit: 100 })).toHaveLength(13);
  });
}

function keepingDeadLetters(check: Check): void {
  check("dead letters come back whole, byte for byte, oldest first", async ({ sink }) => {
    const letters = [letter("gw-1", [0, 255, 128]), letter("gw-2", [])];
    await sink.keepDeadLetters(letters);
    const kept = await sink.deadLetters({ afterId: 0, limit: 10 });
    expect(kept.map(plain)).toEqual(letters.map(plain));
    expect(await sink.deadLetters({ afterId: kept[0]?.id ?? 0, limit: 1 })).toHaveLength(1);
  });

  check("the same bytes of one gateway are kept once, of two gateways twice", async ({ sink }) => {
    await sink.keepDeadLetters([letter("gw-1", [1]), letter("gw-1", [1])]);
    await sink.keepDeadLetters([letter("gw-1", [1]), letter("gw-2", [1])]);
    expect((await sink.counts()).deadLetters).toBe(2);
  });

  check("dead letters that are removed are gone, and ids that are unknown do no harm", async ({ sink }) => {
    await sink.keepDeadLetters([letter("gw-1", [1]), letter("gw-1", [2])]);
    const [first] = await sink.deadLetters({ afterId: 0, limit: 1 });
    await sink.removeDeadLetters([first?.id ?? 0, 999_999]);
    const left = await sink.deadLetters({ afterId: 0, limit: 10 });
    expect(left.map(({ payload }) => Buffer.from(payload).toString("hex"))).toEqual(["02"]);
  });

  check("a gateway cannot fill the dead letters of the others", async ({ sink, deadLettersPerGatewayMax }) => {
    const many = Array.from({ length: deadLettersPerGatewayMax }, (_, n) => letter("gw-1", [n]));
    await sink.keepDeadLetters(many);
    const oneMore = [letter("gw-2", [250]), letter("gw-1", [251])];
    await expect(sink.keepDeadLetters(oneMore)).rejects.toMatchObject({ code: "dead-letters-full" });
    expect((await sink.counts()).deadLetters).toBe(deadLettersPerGatewayMax);
    await sink.keepDeadLetters([letter("gw-2", [250]), letter("gw-1", [0])]);
    expect((await sink.counts()).deadLetters).toBe(deadLettersPerGatewayMax + 1);
  });
}

function closing(check: Check): void {
  check("what was acknowledged is there after a reopening", async ({ sink, reopen }) => {
    await sink.commit([of(1)]);
    await sink.keepDeadLetters([letter("gw-1", [1])]);
    await sink.commitEvents([event(1)]);
    expect(await sink.counts()).toEqual({ readings: 1, deadLetters: 1 });
    if (reopen === null) return;
    await sink.close();
    const again = await reopen();
    expect(await again.counts()).toEqual({ readings: 1, deadLetters: 1 });
    expect(await again.commit([of(1), of(2)])).toEqual(["duplicate", "stored"]);
    expect(await again.commitEvents([event(1), event(2)])).toEqual(["duplicate", "stored"]);
    await again.close();
  });

  check("a sink that is closed refuses, and closing it again does no harm", async ({ sink }) => {
    await sink.close();
    await sink.close();
    await expect(sink.commit([of(1)])).rejects.toMatchObject({ code: "sink-unavailable" });
    await expect(sink.commitEvents([event(1)])).rejects.toMatchObject({ code: "sink-unavailable" });
  });
}

const of = (number: number): Delivery => ({ gateway: "gw-1", reading: glucose(number) });

const event = (number: number, changes: Partial<EventDelivery> = {}): EventDelivery => ({
  gateway: "gw-1",
  id: readingId(number),
  type: "tombstone",
  at: number,
  body: `{"n":${number}}`,
  ...changes,
});

const shown = ({ gateway, id, type, at, body }: EventDelivery | StoredEvent): EventDelivery => ({
  gateway,
  id,
  type,
  at,
  body,
});

/** Without an id, and with a payload that compares whatever kind of array it came in. */
const plain = ({ gateway, code, reason, receivedAt, payload }: NewDeadLetter): Readonly<Record<string, unknown>> => ({
  gateway,
  code,
  reason,
  receivedAt,
  payload: Buffer.from(payload).toString("hex"),
});

const letter = (gateway: string, bytes: readonly number[]): NewDeadLetter => ({
  gateway,
  code: "message-not-json",
  reason: "not valid JSON",
  payload: Uint8Array.from(bytes),
  receivedAt: 1_750_000_000_000,
});
