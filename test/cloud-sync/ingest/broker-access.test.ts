import { expect, test } from "vitest";
import { fleetFilter, gatewayTopics } from "../../../cloud-sync/contract/topics.ts";
import { identify, maySubscribe, publishGrant } from "../../../cloud-sync/ingest/broker-access.ts";

const gateway = { role: "gateway", id: "gw-1" } as const;
const ingestor = { role: "ingestor", id: "ingestor-1" } as const;
const own = gatewayTopics("gw-1");
const other = gatewayTopics("gw-2");
const publish = (topic: string, retain = false): { readonly topic: string; readonly retain: boolean } => ({
  topic,
  retain,
});

test("a client id stands for a gateway, for an ingestor where there are any, or for nobody", () => {
  expect(identify("gw-1", false)).toEqual(gateway);
  expect(identify("ingestor-1", true)).toEqual(ingestor);
  expect(identify("ingestor-1", false)).toBeNull();
  for (const id of ["", "+", "#", "a/b", "$SYS", " gw", "gw\n", "-gw", "g".repeat(65), "gw#", "ü"]) {
    expect([id, identify(id, true)]).toEqual([id, null]);
  }
});

test("a gateway publishes its own readings, events, state and results, and nothing else", () => {
  for (const kind of ["readings", "events", "state", "results"] as const) {
    expect(publishGrant(gateway, publish(own[kind]))).toEqual({ gateway: "gw-1", kind });
    expect(publishGrant(gateway, publish(other[kind]))).toBeNull();
  }
  for (const topic of [
    own.receipts,
    own.commands,
    "carepost/v1/gw-1/other",
    "carepost/v2/gw-1/readings",
    "$SYS/x",
    "x",
  ]) {
    expect([topic, publishGrant(gateway, publish(topic))]).toEqual([topic, null]);
  }
});

test("only a state is retained", () => {
  expect(publishGrant(gateway, publish(own.state, true))).not.toBeNull();
  for (const kind of ["readings", "events", "results"] as const) {
    expect(publishGrant(gateway, publish(own[kind], true))).toBeNull();
  }
});

test("a gateway subscribes to its own receipts and commands, never to a wildcard", () => {
  expect(maySubscribe(gateway, own.receipts)).toBe(true);
  expect(maySubscribe(gateway, own.commands)).toBe(true);
  const refused = ["#", "+", "carepost/#", "carepost/v1/+/receipts", "carepost/v1/gw-1/+", "carepost/v1/gw-1/#"].concat(
    [own.readings, own.state, other.receipts, "$SYS/#", "$share/g/carepost/v1/gw-1/receipts"],
  );
  for (const filter of refused) expect([filter, maySubscribe(gateway, filter)]).toEqual([filter, false]);
});

test("an ingestor hears what all gateways send, and sends them receipts and commands", () => {
  for (const kind of ["readings", "events", "state", "results"] as const) {
    expect(maySubscribe(ingestor, fleetFilter(kind))).toBe(true);
    expect(publishGrant(ingestor, publish(own[kind]))).toBeNull();
  }
  for (const filter of ["#", fleetFilter("receipts"), own.readings, "$SYS/#"]) {
    expect([filter, maySubscribe(ingestor, filter)]).toEqual([filter, false]);
  }
  expect(publishGrant(ingestor, publish(own.receipts))).toEqual({ gateway: "gw-1", kind: "receipts" });
  expect(publishGrant(ingestor, publish(own.commands))).toEqual({ gateway: "gw-1", kind: "commands" });
  expect(publishGrant(ingestor, publish(own.receipts, true))).toBeNull();
  expect(publishGrant(ingestor, publish(gatewayTopics("ingestor-1").readings))).not.toBeNull();
});
