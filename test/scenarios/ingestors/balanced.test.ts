import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type GatewayFleet, startGatewayFleet } from "../../doubles/gateway-fleet.ts";
import { haproxyPath, startHaproxy } from "../../doubles/haproxy.ts";
import type { IngestorProcess } from "../../doubles/ingestor-process.ts";
import { startTcpBalancer } from "../../doubles/tcp-balancer.ts";
import { documented } from "./documented.ts";
import { type IngestorStage, openIngestorStage, until } from "./stage.ts";

let stage: IngestorStage;
let ingestors: readonly IngestorProcess[];

beforeEach(async () => {
  stage = await openIngestorStage();
  const ingest = { role: "all", port: 0 };
  ingestors = await Promise.all(["one", "two", "three"].map((name) => stage.startIngestor(name, ingest)));
});
afterEach(() => stage.end(), 30_000);

test("brokers of their own behind a balancer share the gateways, and those of one that is killed go to the others", async () => {
  const balancer = await startTcpBalancer(ports());
  stage.keep(() => balancer.stop());
  const fleet = startFleet(balancer.port);
  await stream(fleet, 10);
  await until("the gateways are spread", () => balancer.connections().every((count) => count === 3));
  await until("each has stored something", () => ingestors.every((ingestor) => ingestor.committed() > 0));
  await ingestors[1]?.kill();
  await stream(fleet, 20);
  await until("every reading has its receipt", () => fleet.waiting() === 0);
  await until("all gateways are with the others", () => {
    const [one = 0, two, three = 0] = balancer.connections();
    return two === 0 && one + three === 9;
  });
  expect(stage.books(fleet)).toEqual({ measured: 1200, lost: 0, doubled: 0 });
}, 120_000);

test("HAProxy, configured as the documentation says, does the same", async ({ skip }) => {
  skip(haproxyPath === null, "HAProxy is not installed; as root: apt-get install haproxy");
  const haproxy = await startHaproxy(haproxyPath ?? "haproxy", documentedConfiguration(), ports());
  stage.keep(() => haproxy.stop());
  const fleet = startFleet(haproxy.port);
  await stream(fleet, 10);
  await until("each has stored something", () => ingestors.every((ingestor) => ingestor.committed() > 0));
  await ingestors[1]?.kill();
  await stream(fleet, 20);
  await until("every reading has its receipt, with one less", () => fleet.waiting() === 0);
  expect(stage.books(fleet)).toEqual({ measured: 1200, lost: 0, doubled: 0 });
}, 120_000);

test("HAProxy takes the gateways of an ingestor that is frozen to the others", async ({ skip }) => {
  skip(haproxyPath === null, "HAProxy is not installed; as root: apt-get install haproxy");
  const haproxy = await startHaproxy(haproxyPath ?? "haproxy", documentedConfiguration(), ports());
  stage.keep(() => haproxy.stop());
  const fleet = startFleet(haproxy.port);
  await stream(fleet, 5);
  await until("each has stored something", () => ingestors.every((ingestor) => ingestor.committed() > 0));
  ingestors[1]?.freeze();
  await stream(fleet, 10);
  await until("every reading has its receipt, though one is frozen", () => fleet.waiting() === 0);
  ingestors[1]?.thaw();
  await stream(fleet, 5);
  await until("every reading has its receipt", () => fleet.waiting() === 0);
  expect(stage.books(fleet)).toEqual({ measured: 800, lost: 0, doubled: 0 });
}, 180_000);

const ports = (): readonly number[] => ingestors.map(({ url }) => Number(new URL(url ?? "").port));

function startFleet(port: number): GatewayFleet {
  const forwarder = { batchReadingsMax: 10, receiptTimeoutMs: 3000, reconnectDelayMaxMs: 2000 };
  const fleet = startGatewayFleet({ size: 9, url: () => `mqtt://127.0.0.1:${port}`, forwarder });
  stage.keep(() => fleet.stop());
  return fleet;
}

async function stream(fleet: GatewayFleet, times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    fleet.measure(40);
    await setTimeout(20);
  }
}

/** The page's own text, for this machine: its port, its servers, its bound, and a check without TLS. */
function documentedConfiguration(): string {
  const lines = documented("haproxy")
    .replace(/bind .*/, "bind 127.0.0.1:{port}")
    .replace(/maxconn .*/, "maxconn 200")
    .replace("  default-server check-ssl verify none", `${documented("haproxy-plain")}  default-server`)
    .split("\n");
  const first = lines.findIndex((line) => line.trim().startsWith("server "));
  return lines
    .filter((line) => !line.trim().startsWith("server "))
    .toSpliced(first, 0, "{servers}")
    .join("\n");
}
