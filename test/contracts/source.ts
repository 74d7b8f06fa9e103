import { expect } from "vitest";
import type { EventReceipt, Receipt } from "../../cloud-sync/contract/delivery.ts";
import type { Source, SourceHandlers } from "../../cloud-sync/ingest/source.ts";
import { type Check as Checks, contractChecks } from "./contract-checks.ts";

/** A source, and the gateways at its other end. */
export interface SourceSubject {
  readonly source: Source;
  /** Sends one message as that gateway would, on one of its topics. Resolves when it is on its way. */
  readonly send: (
    gateway: string,
    kind: "readings" | "events" | "state" | "results",
    payload: Uint8Array,
  ) => Promise<void>;
  /** The next receipt that reaches the gateway. */
  readonly nextReceipt: (gateway: string) => Promise<Receipt | EventReceipt>;
  /** The next command that reaches the gateway, which has sent something before. */
  readonly nextCommand: (gateway: string) => Promise<string>;
  /** How many receipts have reached the gateway and were not taken with `nextReceipt`. */
  readonly receiptsWaiting: (gateway: string) => number;
  /** Waits for what a refusal does to the gateway: the end of its connection, where that is how it is told. */
  readonly afterRefusal: (gateway: string) => Promise<void>;
  /** Ends all but the source. */
  readonly stop: () => Promise<void>;
}

export interface SourceContract {
  readonly name: string;
  readonly make: () => Promise<SourceSubject>;
}

type Check = Checks<SourceSubject>;

/** What every source promises. */
export function sourceContract(contract: SourceContract): void {
  const check = contractChecks(contract, async ({ source, stop }) => {
    await source.stop();
    await stop();
  });
  receipting(check);
  handingOver(check);
  commanding(check);
  stopping(check);
}

function receipting(check: Check): void {
  check("a batch is handed over as it came, under its gateway, and its receipt comes back", async (subject) => {
    const { source, send, nextReceipt } = subject;
    const desk = new Desk();
    await source.start(desk);
    const payload = Uint8Array.from({ length: 256 }, (_, octet) => octet);
    await send("gw-1", "readings", payload);
    const message = await desk.next("batch");
    expect([message.gateway, Buffer.from(message.payload)]).toEqual(["gw-1", Buffer.from(payload)]);
    message.resolve(receiptFor("b1"));
    expect(await nextReceipt("gw-1")).toEqual(receiptFor("b1"));
  });

  check(
    "there is no receipt before the promise resolves, and messages do not wait for one another",
    async (subject) => {
      const { source, send, nextReceipt, receiptsWaiting } = subject;
      const desk = new Desk();
      await source.start(desk);
      await send("gw-1", "readings", Uint8Array.of(1));
      await send("gw-2", "readings", Uint8Array.of(2));
      const [first, second] = [await desk.next("batch"), await desk.next("batch")];
      const [own, other] = first.gateway === "gw-1" ? [first, second] : [second, first];
      other.resolve(receiptFor("b2"));
      expect(await nextReceipt("gw-2")).toEqual(receiptFor("b2"));
      expect(receiptsWaiting("gw-1")).toBe(0);
      own.resolve(receiptFor("b1"));
      expect(await nextReceipt("gw-1")).toEqual(receiptFor("b1"));
    },
  );

  check("a batch that could not be committed gets no receipt, and the gateway can send it again", async (subject) => {
    const { source, send, nextReceipt, receiptsWaiting, afterRefusal } = subject;
    const desk = new Desk();
    await source.start(desk);
    await send("gw-1", "readings", Uint8Array.of(1));
    (await desk.next("batch")).reject(new Error("the sink is down"));
    await afterRefusal("gw-1");
    await send("gw-1", "readings", Uint8Array.of(1));
    (await desk.next("batch")).resolve(receiptFor("again"));
    expect(await nextReceipt("gw-1")).toEqual(receiptFor("again"));
    expect(receiptsWaiting("gw-1")).toBe(0);
  });

  check("a message without a receipt is taken all the same", async ({ source, send, nextReceipt }) => {
    const desk = new Desk();
    await source.start(desk);
    await send("gw-1", "readings", Uint8Array.of(1));
    (await desk.next("batch")).resolve(null);
    await send("gw-1", "readings", Uint8Array.of(2));
    (await desk.next("batch")).resolve(receiptFor("b2"));
    expect(await nextReceipt("gw-1")).toEqual(receiptFor("b2"));
  });
}

function handingOver(check: Check): void {
  check("events, states and results are handed over too", async ({ source, send }) => {
    const desk = new Desk();
    await source.start(desk);
    for (const [index, kind] of (["events", "state", "results"] as const).entries()) {
      await send("gw-1", kind, Uint8Array.of(index));
    }
    const taken = [await desk.next("event"), await desk.next("state"), await desk.next("result")];
    for (const message of taken) message.resolve(null);
    expect(taken.map(({ gateway, payload }) => `${gateway} ${payload[0]}`)).toEqual(["gw-1 0", "gw-1 1", "gw-1 2"]);
  });
}

function commanding(check: Check): void {
  check("an event is answered by its receipt, and not before the promise resolves", async (subject) => {
    const { source, send, nextReceipt, receiptsWaiting } = subject;
    const desk = new Desk();
    await source.start(desk);
    await send("gw-1", "events", Uint8Array.of(1));
    const message = await desk.next("event");
    expect(receiptsWaiting("gw-1")).toBe(0);
    message.resolve(receiptFor("any"));
    expect(await nextReceipt("gw-1")).toEqual(eventReceipt);
  });

  check("a command reaches the gateway that it is for, as it was given", async (subject) => {
    const { source, send, nextCommand } = subject;
    const desk = new Desk();
    await source.start(desk);
    for (const gateway of ["gw-1", "gw-2"]) await send(gateway, "state", Uint8Array.of(1));
    for (const message of [await desk.next("state"), await desk.next("state")]) message.resolve(null);
    const told = ["gw-2", "gw-1"].map(async (gateway) => {
      const message = { payload: new TextEncoder().encode(`for ${gateway}`), contentType: "text/plain" };
      return await source.command(gateway, message);
    });
    expect(await Promise.all(told)).toEqual([true, true]);
    expect([await nextCommand("gw-1"), await nextCommand("gw-2")]).toEqual(["for gw-1", "for gw-2"]);
  });

  check("a source that has ended sends nothing, and says so", async ({ source }) => {
    await source.start(new Desk());
    await source.stop();
    expect(await source.command("gw-1", { payload: Uint8Array.of(1), contentType: "text/plain" })).toBe(false);
  });
}

function stopping(check: Check): void {
  check("stopping waits for what is under way; stopping again, or without a start, does no harm", async (subject) => {
    const { source, send } = subject;
    const desk = new Desk();
    await source.start(desk);
    await send("gw-1", "readings", Uint8Array.of(1));
    const message = await desk.next("batch");
    let isStopped = false;
    const ending = source.stop().then(() => (isStopped = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isStopped).toBe(false);
    message.resolve(null);
    await ending;
    await source.stop();
    expect(isStopped).toBe(true);
  });

  check("a source that was never started can be stopped", async ({ source }) => {
    expect(await source.stop()).toBeUndefined();
  });
}

type DeskKind = "batch" | "event" | "state" | "result";

interface DeskMessage {
  readonly kind: DeskKind;
  readonly gateway: string;
  readonly payload: Uint8Array;
  /** An event is answered by a receipt of its own, whichever is given. */
  resolve(receipt: Receipt | null): void;
  reject(error: Error): void;
}

/** Handlers that leave each message on the desk until the test decides. */
class Desk implements SourceHandlers {
  readonly #messages: DeskMessage[] = [];
  #changed = Promise.withResolvers<void>();

  batch(gateway: string, payload: Uint8Array): Promise<Receipt | null> {
    return this.#put("batch", gateway, payload);
  }

  async event(gateway: string, payload: Uint8Array): Promise<EventReceipt | null> {
    const receipt = await this.#put("event", gateway, payload);
    return receipt === null ? null : eventReceipt;
  }

  state(gateway: string, payload: Uint8Array): void {
    void this.#put("state", gateway, payload);
  }

  result(gateway: string, payload: Uint8Array): void {
    void this.#put("result", gateway, payload);
  }

  async next(kind: DeskKind): Promise<DeskMessage> {
    for (;;) {
      const index = this.#messages.findIndex((message) => message.kind === kind);
      const [message] = index === -1 ? [] : this.#messages.splice(index, 1);
      if (message !== undefined) return message;
      await this.#changed.promise;
    }
  }

  #put(kind: DeskKind, gateway: string, payload: Uint8Array): Promise<Receipt | null> {
    const { promise, resolve, reject } = Promise.withResolvers<Receipt | null>();
    this.#messages.push({ kind, gateway, payload: Uint8Array.from(payload), resolve, reject });
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
    return promise;
  }
}

const eventReceipt: EventReceipt = { v: 1, events: ["00000000-0000-4000-8000-000000000001"], at: 1 };

const receiptFor = (batch: string): Receipt => ({ v: 1, batch, stored: [[0, 0]], duplicate: [], rejected: [], at: 1 });
