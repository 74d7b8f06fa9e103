import { expect, test } from "vitest";
import { mqttListeners, natsServers } from "../../../../cloud-sync/ingest/nats/nats-servers.ts";
import { natsUsersConf } from "../../../../cloud-sync/ingest/nats/server-users.ts";
import { messagesPrefix, subjectOfTopic, topicOfSubject } from "../../../../cloud-sync/ingest/nats/subject.ts";

test("levels of a topic become tokens of a subject, and a dot within a level is two slashes", () => {
  expect(subjectOfTopic("carepost/v1/gw-1/receipts")).toBe("carepost.v1.gw-1.receipts");
  expect(subjectOfTopic("carepost/v1/store.12/receipts")).toBe("carepost.v1.store//12.receipts");
});

test("what lies in the stream is known by its topic again, whatever dots its gateway has", () => {
  for (const gateway of ["gw-1", "store.12", "a..b", "end.", "x...", "A_1.b-c"]) {
    const topic = `carepost/v1/${gateway}/readings`;
    expect(topicOfSubject(messagesPrefix + subjectOfTopic(topic))).toBe(topic);
  }
  expect(topicOfSubject("carepost.v1.gw-1.readings")).toBeNull();
});

test("one address names all servers; the MQTT listeners are the same hosts unless they are named", () => {
  expect(natsServers("tls://n1.example,n2.example:5222")).toEqual({
    encrypted: true,
    servers: ["n1.example:4222", "n2.example:5222"],
  });
  expect(natsServers("nats://[::1]:4223")).toEqual({ encrypted: false, servers: ["[::1]:4223"] });
  expect(mqttListeners("tls://n1.example:4222,n2.example", null)).toEqual([
    "mqtts://n1.example:8883",
    "mqtts://n2.example:8883",
  ]);
  expect(mqttListeners("nats://127.0.0.1", "mqtt://127.0.0.1:1884,127.0.0.1")).toEqual([
    "mqtt://127.0.0.1:1884",
    "mqtt://127.0.0.1:1883",
  ]);
});

test("what is no address of NATS is refused with what to write", () => {
  for (const url of ["mqtt://127.0.0.1", "nats://", "nats://a,,b", "nats://user@host", "nats://host/path"]) {
    expect(() => natsServers(url)).toThrow(expect.objectContaining({ code: "nats-url-invalid" }));
  }
  expect(() => mqttListeners("nats://127.0.0.1", "nats://127.0.0.1")).toThrow(
    expect.objectContaining({ remedy: expect.stringContaining("mqtts://") }),
  );
});

test("users are bound to their own subjects, and a name that would open those of others is refused", () => {
  const text = natsUsersConf({ gateways: ["gw-1"], ingestors: ["ingestor-1"] });
  expect(text).toContain('{ user: "CN=gw-1"');
  expect(text).toContain('"publish":["carepost.v1.gw-1.readings"');
  expect(text).toContain('"subscribe":["carepost.v1.gw-1.receipts","carepost.v1.gw-1.commands"]');
  for (const name of ["*", ">", 'x" }', "a/b", "", "ingestor-1"]) {
    expect(() => natsUsersConf({ gateways: [name], ingestors: [] })).toThrow(
      expect.objectContaining({ code: "nats-user-invalid" }),
    );
  }
  expect(() => natsUsersConf({ gateways: [], ingestors: ["gw-1"] })).toThrow(
    expect.objectContaining({ code: "nats-user-invalid" }),
  );
});
