import { request } from "node:http";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { createGatewayMetrics } from "../../../gateway/ops/metrics.ts";
import { metricsPart } from "../../../gateway/ops/metrics-part.ts";
import { type KeptLog, keptLog } from "../../doubles/kept-log.ts";
import { gatewayMetricSources } from "../../doubles/metric-sources.ts";

const value = (body: string, series: string): string | undefined =>
  body
    .split("\n")
    .find((line) => line.startsWith(`${series} `))
    ?.slice(series.length + 1);

test("the metrics say what the store, the forwarder, the radio and the clock say", async () => {
  const body = await createGatewayMetrics().text(gatewayMetricSources());
  const values = {
    outbox_waiting: "3",
    oldest_unsent_seconds: "60",
    held: "2",
    undated: "1",
    dead_letters: "4",
    readings_delivered_total: "7",
    readings_rejected_total: "1",
    connected: "1",
    clock_trusted: "1",
    certificate_expiry_seconds: "60",
    'store_alarm{alarm="quota"}': "1",
    'store_alarm{alarm="disk-full"}': "0",
    'radio_state{state="silent"}': "1",
    'radio_state{state="up"}': "0",
  };
  const found = Object.keys(values).map((name) => [name, value(body, `carepost_gateway_${name}`)]);
  expect(Object.fromEntries(found)).toEqual(values);
});

test("a gateway without a certificate, a backlog or a connection says so in numbers that alarm nobody", async () => {
  const calm = gatewayMetricSources({
    certificateExpiresAt: undefined,
    store: {
      ...gatewayMetricSources().store,
      backlog: async () => ({ waiting: 0, oldestUnsentAt: null }),
    },
  });
  const body = await createGatewayMetrics().text(calm);
  expect(value(body, "carepost_gateway_certificate_expiry_seconds")).toBe("+Inf");
  expect(value(body, "carepost_gateway_oldest_unsent_seconds")).toBe("0");
});

test("events are counted: readings once, sessions and repairs by how they ended", async () => {
  const metrics = createGatewayMetrics();
  const session = {
    driver: "glucose",
    deviceId: null,
    durationMs: 1,
    tally: { stored: 0, known: 0, amended: 0, quarantined: 0 },
  };
  metrics.onEvent({ type: "session-ended", ...session, failure: null });
  metrics.onEvent({ type: "session-ended", ...session, failure: "link-lost" });
  metrics.onEvent({ type: "radio-repair", step: "power-cycle", trouble: "silent", adapter: "hci0", outcome: "mended" });
  const body = await metrics.text(gatewayMetricSources());
  expect(value(body, 'carepost_gateway_sessions_total{outcome="complete"}')).toBe("1");
  expect(value(body, 'carepost_gateway_sessions_total{outcome="failed"}')).toBe("1");
  expect(value(body, 'carepost_gateway_radio_repairs_total{outcome="mended"}')).toBe("1");
  expect(body).not.toContain("hci0");
});

interface Asked {
  readonly status: number;
  readonly body: string;
}

async function ask(port: number, path: string, options: { host?: string; method?: string } = {}): Promise<Asked> {
  const { host = `127.0.0.1:${port}`, method = "GET" } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Asked>();
  const sent = request({ host: "127.0.0.1", port, path, method, headers: { host } }, (response) => {
    const status = response.statusCode ?? 0;
    text(response).then((body) => resolve({ status, body }), reject);
  });
  sent.once("error", reject);
  sent.end();
  return await promise;
}

async function listening(log: KeptLog, changes: Parameters<typeof gatewayMetricSources>[0] = {}): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const stop = new AbortController();
  const place = { host: "127.0.0.1", port: 0 };
  const part = metricsPart(createGatewayMetrics(), place, { log, onListening: resolve })(gatewayMetricSources(changes));
  const running = part.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  return await promise;
}

test("they are served on this machine, under its own names only, to be read only", async () => {
  const port = await listening(keptLog());
  expect((await ask(port, "/metrics")).body).toContain("carepost_gateway_connected 1");
  expect((await ask(port, "/metrics", { host: "localhost" })).status).toBe(200);
  expect((await ask(port, "/metrics", { host: "evil.example" })).status).toBe(421);
  expect((await ask(port, "/metrics", { method: "POST" })).status).toBe(405);
  expect((await ask(port, "/../metrics")).status).toBe(404);
  expect((await ask(port, "/")).status).toBe(404);
});

test("a store that does not answer costs a scrape, and nothing else", async () => {
  const log = keptLog();
  let isDown = true;
  const { store } = gatewayMetricSources();
  const backlog = async (): ReturnType<typeof store.backlog> => {
    if (isDown) throw new Error("the store is closed");
    return await store.backlog();
  };
  const port = await listening(log, { store: { ...store, backlog } });
  expect(await ask(port, "/metrics")).toEqual({ status: 503, body: "the store does not answer\n" });
  isDown = false;
  expect((await ask(port, "/metrics")).status).toBe(200);
  expect(log.lines.map(({ event }) => event)).toEqual(["metrics-listening", "metrics-failed"]);
});

test("a port that is taken is told, and the part goes on until it is stopped", async () => {
  const port = await listening(keptLog());
  const log = keptLog();
  const stop = new AbortController();
  const part = metricsPart(createGatewayMetrics(), { host: "127.0.0.1", port }, { log })(gatewayMetricSources());
  const running = part.run(stop.signal);
  await expect.poll(() => log.lines[0]?.fields).toMatchObject({ reason: "EADDRINUSE", port });
  stop.abort();
  await running;
});
