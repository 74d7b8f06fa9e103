import { expect, test } from "vitest";
import { ingestBrokerUrl, mqttListenersUrl } from "../../../gateway/config/config-values.ts";

const faultOf = (schema: typeof ingestBrokerUrl, text: string): string | null =>
  schema.safeParse(text).error?.issues[0]?.message ?? null;

test("an ingestor's broker is one of MQTT, or the servers of a NATS cluster", () => {
  const good = [
    "mqtt://127.0.0.1:1883",
    "mqtts://broker.example",
    "nats://127.0.0.1:4222",
    "nats://127.0.0.1:4221,localhost:4222,[::1]",
    "tls://n1.example:4222,n2.example",
  ];
  expect(good.map((text) => faultOf(ingestBrokerUrl, text))).toEqual(good.map(() => null));
});

test("readings do not cross a network in plain, not even to one server of several", () => {
  expect(faultOf(ingestBrokerUrl, "nats://127.0.0.1,n2.example")).toContain("unencrypted: use tls://");
  expect(faultOf(ingestBrokerUrl, "mqtt://broker.example")).toContain("unencrypted: use mqtts://");
  expect(faultOf(mqttListenersUrl, "mqtt://n1.example")).toContain("unencrypted: use mqtts://");
});

test("secrets, paths, nothing and other schemes are no addresses of a cluster", () => {
  const bad = ["nats://user:pw@127.0.0.1", "nats://", "nats://127.0.0.1/x", "nats://127.0.0.1,,", "natz://127.0.0.1"];
  for (const text of bad) expect([text, faultOf(ingestBrokerUrl, text)]).toEqual([text, expect.any(String)]);
  expect(faultOf(ingestBrokerUrl, "nats://user:pw@127.0.0.1")).toContain("password");
  expect(faultOf(mqttListenersUrl, "nats://127.0.0.1")).toContain("mqtts://");
});
