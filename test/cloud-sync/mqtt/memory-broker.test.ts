import { expect, test, vi } from "vitest";
import type { ConnectOptions, OutgoingMessage } from "../../../cloud-sync/mqtt/connection.ts";
import { createMemoryBroker } from "../../../cloud-sync/mqtt/memory-broker.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { connectionContract } from "../../contracts/connection.ts";

connectionContract({
  name: "memory",
  full: true,
  make: async () => {
    const broker = createMemoryBroker({ clock: systemClock });
    const heard: { topic: string; payload: Uint8Array }[] = [];
    broker.subscribe("#", (message) => heard.push(message));
    return {
      connector: broker.connector,
      url: "mqtt://memory",
      protocol: "5",
      heard,
      publish: (message) => broker.publish(message),
      cut: () => broker.cut(),
      stop: async () => broker.stop(),
    };
  },
});

const options: ConnectOptions = {
  url: "mqtt://memory",
  clientId: "gw-0001",
  protocol: "auto",
  keepAliveS: 30,
  connectTimeoutMs: 10_000,
};
const { signal } = new AbortController();
const message = (topic: string): OutgoingMessage => ({ topic, payload: Buffer.from("x"), qos: 1, retain: true });

test("more messages under way than the broker bears are a violation that ends the connection", async () => {
  const broker = createMemoryBroker({ clock: createVirtualClock(0), receiveMaximum: 2 });
  broker.faults.publish = () => ({ answer: "none" });
  const connection = await broker.connector.connect(options, signal);
  const outcomes = Promise.allSettled([1, 2, 3].map((each) => connection.publish(message(`t/${each}`))));
  expect(await connection.closed).toEqual({ by: "peer", reason: "Receive maximum exceeded (0x93)" });
  expect((await outcomes).map((outcome) => outcome.status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(broker.violations()).toEqual(["gw-0001 exceeded the receive maximum of 2"]);
});

test("a broker that disappears answers nothing, and the keep-alive notices", async () => {
  const clock = createVirtualClock(0);
  const broker = createMemoryBroker({ clock });
  const connection = await broker.connector.connect(options, signal);
  broker.disappear();
  const outcome = connection.publish(message("t/void")).catch((error: unknown) => error);
  await expect(clock.runUntil(connection.closed)).resolves.toMatchObject({ by: "network" });
  expect(clock.monotonicMs()).toBe(45_000);
  expect(await outcome).toMatchObject({ code: "connection-lost" });
  const attempt = broker.connector.connect(options, signal);
  await expect(clock.runUntil(attempt)).rejects.toMatchObject({ code: "broker-timed-out" });
});

test("a broker that loses its memory has no retained message left", async () => {
  const broker = createMemoryBroker({ clock: createVirtualClock(0) });
  const connection = await broker.connector.connect(options, signal);
  await connection.publish(message("t/kept"));
  broker.stop();
  broker.start();
  expect(broker.retained("t/kept")).not.toBeNull();
  broker.stop({ forget: true });
  expect(broker.retained("t/kept")).toBeNull();
});

test("an answer may come late, twice to the others, or not at all", async () => {
  const clock = createVirtualClock(0);
  const broker = createMemoryBroker({ clock, latencyMs: 10 });
  const heard: string[] = [];
  broker.subscribe("#", ({ topic }) => heard.push(topic));
  const connection = await clock.runUntil(broker.connector.connect(options, signal));
  broker.faults.publish = () => ({ deliveries: 2, delayMs: 500 });
  const before = clock.monotonicMs();
  await clock.runUntil(connection.publish(message("t/late")));
  expect(clock.monotonicMs() - before).toBe(520);
  expect(heard).toEqual(["t/late", "t/late"]);
  broker.faults.publish = () => ({ answer: 0x97 });
  await expect(clock.runUntil(connection.publish(message("t/full")))).rejects.toMatchObject({ code: "quota-exceeded" });
  expect(heard).not.toContain("t/full");
});

test("what a member of a group did not acknowledge goes to another when its connection ends", async () => {
  const broker = createMemoryBroker({ clock: createVirtualClock(0) });
  const taken: string[] = [];
  const join = async (clientId: string, answer: () => unknown): Promise<{ destroy(): void }> => {
    const connection = await broker.connector.connect({ ...options, clientId, receiveMaximum: 1 }, signal);
    connection.onMessage(({ topic }) => {
      taken.push(`${clientId} ${topic}`);
      return answer();
    });
    await connection.subscribe("$share/group/t/+", 1);
    return connection;
  };
  const first = await join("first", () => Promise.reject(new Error("not now")));
  for (const topic of ["t/1", "t/2"]) broker.publish({ ...message(topic), retain: false });
  await vi.waitFor(() => expect(taken).toEqual(["first t/1"]), { timeout: 20_000 });
  await join("second", () => undefined);
  first.destroy();
  await vi.waitFor(() => expect(taken).toEqual(["first t/1", "second t/1", "second t/2"]), { timeout: 20_000 });
});

test("misuse throws", async () => {
  const broker = createMemoryBroker({ clock: createVirtualClock(0) });
  const connection = await broker.connector.connect(options, signal);
  await expect(connection.publish(message("t/#"))).rejects.toThrow(TypeError);
  await expect(connection.subscribe("t/a", 1)).rejects.toThrow(TypeError);
});
