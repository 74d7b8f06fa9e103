import mqtt from "mqtt";
import { expect, test } from "vitest";
import { mqttConnector } from "../../../cloud-sync/mqtt/mqttjs-connection.ts";
import { connectionContract } from "../../contracts/connection.ts";
import { startAedes } from "../../doubles/loopback-aedes.ts";
import { mosquittoPath, startMosquitto } from "../../doubles/mosquitto.ts";
import { startScriptedBroker } from "../../doubles/scripted-broker.ts";

connectionContract({
  name: "mqtt.js with aedes",
  make: async () => {
    const server = await startAedes();
    const { broker } = server;
    const heard: { topic: string; payload: Uint8Array }[] = [];
    broker.on("publish", (packet, client) => {
      if (client !== null || !packet.topic.startsWith("$SYS")) {
        heard.push({ topic: packet.topic, payload: Buffer.from(packet.payload) });
      }
    });
    return {
      connector: mqttConnector(),
      url: server.url,
      protocol: "3.1.1",
      heard,
      publish: ({ topic, payload, qos, retain }) =>
        broker.publish(
          { cmd: "publish", topic, payload: Buffer.from(payload), qos, retain, dup: false },
          () => undefined,
        ),
      cut: () => server.cut(),
      stop: () => server.stop(),
    };
  },
});

connectionContract({
  name: "mqtt.js with a scripted MQTT 5 broker",
  make: async () => {
    const broker = await startScriptedBroker();
    return {
      connector: mqttConnector(),
      url: broker.url,
      protocol: "5",
      heard: broker.delivered,
      publish: (message) => broker.publish(message),
      cut: () => broker.cut(),
      stop: () => broker.stop(),
    };
  },
});

connectionContract({
  name: "mqtt.js with mosquitto",
  full: true,
  unavailable: mosquittoPath === null ? "mosquitto is not installed" : null,
  make: async () => {
    const server = await startMosquitto(mosquittoPath ?? "mosquitto");
    const observer = await mqtt.connectAsync(server.url, { protocolVersion: 5 });
    const heard: { topic: string; payload: Uint8Array }[] = [];
    observer.on("message", (topic, payload) => heard.push({ topic, payload }));
    await observer.subscribeAsync("#");
    const stop = async (): Promise<void> => {
      await observer.endAsync(true);
      await server.stop();
    };
    return {
      connector: mqttConnector(),
      url: server.url,
      protocol: "5",
      heard,
      publish: ({ topic, payload, qos, retain }) =>
        observer.publish(topic, Buffer.from(payload), { qos, retain }, () => undefined),
      cut: () => void stop(),
      stop,
    };
  },
});

test("an address of another kind is refused before anything is tried", async () => {
  for (const url of ["http://127.0.0.1:1883", "127.0.0.1:1883", "mqtt://"]) {
    const attempt = mqttConnector().connect(
      { url, clientId: "gw-0001", protocol: "auto", keepAliveS: 30, connectTimeoutMs: 1_000 },
      new AbortController().signal,
    );
    await expect(attempt).rejects.toMatchObject({ code: "broker-url-invalid", recovery: "stop" });
  }
});
