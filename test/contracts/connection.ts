import { expect, test, vi } from "vitest";
import type { BrokerConnection, ConnectOptions, Connector, IncomingMessage } from "../../cloud-sync/mqtt/connection.ts";
import type { OutgoingMessage } from "../../cloud-sync/mqtt/connection.ts";

/** A broker and the connector under test. */
export interface ConnectionSubject {
  readonly connector: Connector;
  readonly url: string;
  readonly protocol: "5" | "3.1.1";
  /** What another client hears of every topic, last wills too. */
  readonly heard: readonly { readonly topic: string; readonly payload: Uint8Array }[];
  /** Publishes as another client would. */
  publish(message: OutgoingMessage): void;
  /** Ends every connection at once. */
  cut(): void;
  stop(): Promise<void>;
}

export interface ConnectionContract {
  readonly name: string;
  readonly make: () => Promise<ConnectionSubject>;
  /** Does the broker keep to the client's Receive Maximum, and share what is subscribed to with `$share`? */
  readonly full?: boolean;
  /** Why this broker cannot be had on this machine: the tests are then skipped, and say so. */
  readonly unavailable?: string | null;
}

/** What every connection to a broker promises, whoever makes it. */
export function connectionContract({ name, make, full = false, unavailable = null }: ConnectionContract): void {
  const check = (sentence: string, body: (subject: ConnectionSubject) => Promise<void>): void => {
    test(`${name}: ${sentence}`, async ({ skip }) => {
      skip(unavailable !== null, unavailable ?? "");
      expect.hasAssertions();
      const subject = await make();
      try {
        await body(subject);
      } finally {
        await subject.stop();
      }
    });
  };
  publishing(check);
  subscribing(check);
  acknowledging(check);
  if (full) sharing(check);
  ending(check);
  connecting(check);
}

type Check = (sentence: string, body: (subject: ConnectionSubject) => Promise<void>) => void;

function publishing(check: Check): void {
  check("says which version it speaks and how much the broker bears", async (subject) => {
    const connection = await open(subject);
    expect(connection.protocol).toBe(subject.protocol);
    expect(connection.receiveMaximum).toBeGreaterThanOrEqual(1);
    expect(connection.receiveMaximum).toBeLessThanOrEqual(65_535);
  });

  check("a published message reaches the others byte for byte", async (subject) => {
    const connection = await open(subject);
    const payload = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
    await connection.publish({ ...message("t/a"), payload });
    await heard(subject, "t/a");
    expect(
      Buffer.compare(payload, subject.heard.find(({ topic }) => topic === "t/a")?.payload ?? payload.subarray(1)),
    ).toBe(0);
  });

  check("a message of QoS 0 resolves and arrives too", async (subject) => {
    const connection = await open(subject);
    await connection.publish({ ...message("t/zero"), qos: 0 });
    await heard(subject, "t/zero");
  });

  check("many messages under way at once are all acknowledged", async (subject) => {
    const connection = await open(subject);
    const count = Math.min(200, connection.receiveMaximum);
    await Promise.all(Array.from({ length: count }, (_, index) => connection.publish(message(`t/many/${index}`))));
    const arrivals = (): unknown => subject.heard.filter(({ topic }) => topic.startsWith("t/many/"));
    await vi.waitFor(() => expect(arrivals()).toHaveLength(count), { timeout: 20_000 });
  });

  check("what is under way when the connection is lost is rejected, and so is what comes after", async (subject) => {
    const connection = await open(subject);
    const outcomes = Promise.allSettled(
      Array.from({ length: 20 }, () => connection.publish({ ...message("t/lost"), payload: new Uint8Array(50_000) })),
    );
    subject.cut();
    const end = await connection.closed;
    expect(end.by).not.toBe("us");
    for (const outcome of await outcomes) {
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "connection-lost" });
    }
    await expect(connection.publish(message("t/late"))).rejects.toMatchObject({ code: "connection-lost" });
    await expect(connection.publish({ ...message("t/late"), qos: 0 })).rejects.toMatchObject({
      code: "connection-lost",
    });
    connection.onMessage(() => undefined);
    await expect(connection.subscribe("t/late", 1)).rejects.toMatchObject({ code: "connection-lost" });
    await expect(connection.unsubscribe?.("t/late")).rejects.toMatchObject({ code: "connection-lost" });
  });
}

function subscribing(check: Check): void {
  check("subscribed messages come in order, byte for byte, and no others", async (subject) => {
    const connection = await open(subject);
    const arrived: string[] = [];
    connection.onMessage(({ topic, payload }) => arrived.push(`${topic} ${Buffer.from(payload).toString()}`));
    await connection.subscribe("down/+/x", 1);
    for (const text of ["one", "two", "three"]) subject.publish({ ...message("down/1/x"), payload: Buffer.from(text) });
    subject.publish(message("down/1/y"));
    subject.publish({ ...message("down/2/x"), payload: Buffer.from("last") });
    await vi.waitFor(() => expect(arrived).toHaveLength(4), { timeout: 20_000 });
    expect(arrived).toEqual(["down/1/x one", "down/1/x two", "down/1/x three", "down/2/x last"]);
  });

  check("a retained message comes to a new subscriber, marked as retained", async (subject) => {
    const first = await open(subject);
    await first.publish({ ...message("r/state"), retain: true });
    const second = await open(subject, { clientId: "second" });
    const arrived: IncomingMessage[] = [];
    second.onMessage((incoming) => arrived.push(incoming));
    await second.subscribe("r/state", 1);
    await vi.waitFor(() => expect(arrived).toHaveLength(1), { timeout: 20_000 });
    expect(arrived[0]).toMatchObject({ topic: "r/state", retain: true });
  });
}

function acknowledging(check: Check): void {
  check("a message that is taken with a promise does not hold up those behind it", async (subject) => {
    const connection = await open(subject);
    const held = Promise.withResolvers<void>();
    const arrived: string[] = [];
    connection.onMessage(({ payload }) => {
      arrived.push(Buffer.from(payload).toString());
      return held.promise;
    });
    await connection.subscribe("down/a", 1);
    for (const text of ["one", "two", "three"]) subject.publish({ ...message("down/a"), payload: Buffer.from(text) });
    await vi.waitFor(() => expect(arrived).toEqual(["one", "two", "three"]), { timeout: 20_000 });
    held.resolve();
  });

  check("a message whose promise rejects is over for this connection; the others go on", async (subject) => {
    const connection = await open(subject);
    const arrived: string[] = [];
    connection.onMessage(({ payload }) => {
      arrived.push(Buffer.from(payload).toString());
      return arrived.length === 1 ? Promise.reject(new Error("not now")) : Promise.resolve();
    });
    await connection.subscribe("down/a", 1);
    for (const text of ["one", "two"]) subject.publish({ ...message("down/a"), payload: Buffer.from(text) });
    await vi.waitFor(() => expect(arrived).toEqual(["one", "two"]), { timeout: 20_000 });
    await connection.publish(message("t/still-there"));
  });
}

function sharing(check: Check): void {
  check("what is unsubscribed from comes no more", async (subject) => {
    const connection = await open(subject);
    const arrived: string[] = [];
    connection.onMessage(({ topic }) => arrived.push(topic));
    for (const topic of ["down/a", "down/b"]) await connection.subscribe(topic, 1);
    await connection.unsubscribe?.("down/a");
    for (const topic of ["down/a", "down/b"]) subject.publish(message(topic));
    await vi.waitFor(() => expect(arrived).toContain("down/b"), { timeout: 20_000 });
    expect(arrived).toEqual(["down/b"]);
  });

  check("the receive maximum bounds what is not acknowledged; a promise that resolves makes room", async (subject) => {
    const connection = await open(subject, { receiveMaximum: 2 });
    const taken: (() => void)[] = [];
    connection.onMessage(() => new Promise<void>((resolve) => taken.push(resolve)));
    await connection.subscribe("down/a", 1);
    for (let count = 0; count < 4; count += 1) subject.publish(message("down/a"));
    await vi.waitFor(() => expect(taken.length).toBeGreaterThanOrEqual(2), { timeout: 20_000 });
    await connection.publish(message("t/after"));
    expect(taken).toHaveLength(2);
    taken[1]?.();
    taken[0]?.();
    await vi.waitFor(() => expect(taken).toHaveLength(4), { timeout: 20_000 });
    for (const resolve of taken) resolve();
  });

  check("what is subscribed to with $share goes to one member of the group", async (subject) => {
    const arrived: string[] = [];
    for (const name of ["one", "two"]) {
      const connection = await open(subject, { clientId: name });
      connection.onMessage(() => arrived.push(name));
      await connection.subscribe("$share/group/down/+", 1);
    }
    for (let count = 0; count < 20; count += 1) subject.publish(message("down/a"));
    subject.publish(message("up/a"));
    const last = await open(subject, { clientId: "last" });
    let done = false;
    last.onMessage(() => (done = true));
    await last.subscribe("down/end", 1);
    subject.publish(message("down/end"));
    await vi.waitFor(() => expect([done, arrived.length]).toEqual([true, 21]), { timeout: 20_000 });
    expect(new Set(arrived)).toEqual(new Set(["one", "two"]));
  });
}

function ending(check: Check): void {
  check("a connection that is closed leaves no last will, and says that it was us", async (subject) => {
    const connection = await open(subject, { will: message("will/closed") });
    await connection.close();
    await connection.close();
    expect(await connection.closed).toMatchObject({ by: "us" });
    const other = await open(subject, { clientId: "other" });
    await other.publish(message("after/closed"));
    await heard(subject, "after/closed");
    expect(subject.heard.map(({ topic }) => topic)).not.toContain("will/closed");
  });

  check("a connection that is destroyed leaves its last will", async (subject) => {
    const connection = await open(subject, { will: message("will/destroyed") });
    connection.destroy();
    connection.destroy();
    expect(await connection.closed).toMatchObject({ by: "us" });
    await heard(subject, "will/destroyed");
  });

  check("closing rejects what is under way instead of waiting for it", async (subject) => {
    const connection = await open(subject);
    const outcome = connection.publish(message("t/closing")).catch((error: unknown) => error);
    await connection.close();
    const result = await outcome;
    if (result !== undefined) expect(result).toMatchObject({ code: "connection-lost" });
    await expect(connection.publish(message("t/closed"))).rejects.toMatchObject({ code: "connection-lost" });
  });
}

function connecting(check: Check): void {
  check("an aborted attempt rejects with the signal's reason", async (subject) => {
    const reason = new Error("stop");
    await expect(subject.connector.connect(options(subject), AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const attempt = subject.connector.connect(options(subject), controller.signal);
    controller.abort(reason);
    await expect(attempt).rejects.toBe(reason);
  });

  check("a version that is asked for by name is the version that is spoken", async (subject) => {
    const connection = await open(subject, { protocol: subject.protocol });
    expect(connection.protocol).toBe(subject.protocol);
  });

  check("a broker that is not there is unreachable", async (subject) => {
    await subject.stop();
    await expect(open(subject)).rejects.toMatchObject({ code: "broker-unreachable", recovery: "retry" });
  });
}

async function open(subject: ConnectionSubject, change: Partial<ConnectOptions> = {}): Promise<BrokerConnection> {
  return await subject.connector.connect({ ...options(subject), ...change }, new AbortController().signal);
}

const options = (subject: ConnectionSubject): ConnectOptions => ({
  url: subject.url,
  clientId: "gw-0001",
  protocol: "auto",
  keepAliveS: 30,
  connectTimeoutMs: 5_000,
});

const message = (topic: string): OutgoingMessage => ({ topic, payload: Buffer.from("x"), qos: 1, retain: false });

async function heard(subject: ConnectionSubject, wanted: string): Promise<void> {
  await vi.waitFor(() => expect(subject.heard.map(({ topic }) => topic)).toContain(wanted), { timeout: 20_000 });
}
