import { expect, test } from "vitest";
import { gatewayState } from "../../../cloud-sync/contract/control.ts";
import type { GatewayState } from "../../../cloud-sync/contract/control.ts";
import { connectionErrors } from "../../../cloud-sync/mqtt/connection-error.ts";
import type { GatewayCondition } from "../../../cloud-sync/uplink/state.ts";
import { createUplinkRig, rigGateway } from "../../doubles/uplink-rig.ts";
import type { UplinkRig } from "../../doubles/uplink-rig.ts";
import { messageData } from "../../../cloud-sync/contract/message-data.ts";

const topic = `carepost/v1/${rigGateway}/state`;

function listen(rig: UplinkRig): readonly GatewayState[] {
  const states: GatewayState[] = [];
  rig.broker.subscribe(topic, ({ payload }) => {
    states.push(gatewayState.parse(messageData("state", payload)));
  });
  return states;
}

test("the state is published with each connection, retained, and says how the gateway is", async () => {
  const rig = createUplinkRig();
  const states = listen(rig);
  rig.add("fresh", 3);
  rig.start();
  await rig.clock.advance(1_000);
  expect(states).toHaveLength(1);
  expect(states[0]).toMatchObject({ gateway: rigGateway, online: true, version: "0.1.0", bootId: "boot-1", held: 0 });
  expect(rig.broker.retained(topic)).not.toBeNull();
  await rig.stop();
});

test("a connection that is lost leaves the last will: offline, and nothing else is claimed", async () => {
  const rig = createUplinkRig();
  const states = listen(rig);
  rig.start();
  await rig.clock.advance(1_000);
  rig.broker.cut();
  expect(states.at(-1)).toMatchObject({ online: false, backlog: null, oldestUnsentAt: null, held: null });
  await rig.clock.advance(5_000);
  expect(states.at(-1)).toMatchObject({ online: true });
  await rig.stop();
});

test("what does not change is not published again: there is no heartbeat", async () => {
  const rig = createUplinkRig();
  const states = listen(rig);
  rig.start();
  await rig.clock.advance(24 * 3_600_000);
  expect(states).toHaveLength(1);
  await rig.stop();
});

test("a change is published soon, and changes in a hurry are published at a measured pace", async () => {
  let condition: GatewayCondition = { held: 0, clock: "trusted", alarm: null };
  const rig = createUplinkRig({ ports: { describe: () => condition } });
  const states = listen(rig);
  rig.start();
  await rig.clock.advance(60_000);
  condition = { held: 0, clock: "untrusted", alarm: "disk-full" };
  rig.forwarder.stateChanged();
  await rig.clock.advance(10_000);
  expect(states.at(-1)).toMatchObject({ clock: "untrusted", alarm: "disk-full" });
  const before = states.length;
  for (let step = 0; step < 600; step += 1) {
    condition = { ...condition, held: step };
    rig.forwarder.stateChanged();
    await rig.clock.advance(100);
  }
  expect(states.length - before).toBeLessThanOrEqual(7);
  await rig.stop();
});

test("a gateway that cannot be described says so in its alarm, and stays connected", async () => {
  const rig = createUplinkRig({
    ports: { describe: () => Promise.reject(connectionErrors.make("quota-exceeded", "")) },
  });
  const states = listen(rig);
  rig.add("fresh", 1);
  rig.start();
  await rig.clock.advance(1_000);
  expect(states[0]).toMatchObject({ online: true, held: null, clock: "untrusted", alarm: "quota-exceeded" });
  expect(rig.outbox.delivered.size).toBe(1);
  await rig.stop();
});

test("a backlog that cannot be read is unknown, and the rest is told", async () => {
  const rig = createUplinkRig();
  const states = listen(rig);
  rig.outbox.backlog = () => Promise.reject(new Error("locked"));
  rig.start();
  await rig.clock.advance(1_000);
  expect(states[0]).toMatchObject({ online: true, backlog: null, oldestUnsentAt: null });
  await rig.stop();
});
