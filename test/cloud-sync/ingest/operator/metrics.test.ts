import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { createGatewayMetrics } from "../../../../gateway/ops/metrics.ts";
import { documentedMetrics, exposedMetrics, metricNamesIn, structuralFault } from "../../../doubles/prometheus-text.ts";
import { liveTwoHours } from "../../../doubles/simulated-operator.ts";
import { gatewayMetricSources } from "../../../doubles/metric-sources.ts";
import { operatorRig, own } from "./operator-rig.ts";

const root = join(import.meta.dirname, "../../../..");
const folder = join(root, "cloud-sync/ingest/operator");
const ingestDocumented = documentedMetrics(readFileSync(join(folder, "README.md"), "utf8"), "carepost_ingest_");
const gatewayDocumented = documentedMetrics(
  readFileSync(join(root, "gateway/ops/README.md"), "utf8"),
  "carepost_gateway_",
);

async function ingestText(gateways: number): Promise<string> {
  const rig = await operatorRig();
  await liveTwoHours(rig, gateways);
  rig.watch.observer.onRefusal("publish-refused", "gw-00001");
  rig.watch.observer.onDeadLetters([
    { gateway: "gw-00001", code: "reading-invalid", reason: "", payload: new Uint8Array(), receivedAt: 0 },
  ]);
  await rig.lookAtSink();
  return (await rig.app.inject({ url: "/metrics", headers: { host: own.host } })).body;
}

test("every metric of the ingestor is documented with its type and labels, and every documented one is exposed", async () => {
  const exposed = exposedMetrics(await ingestText(50));
  const ours = [...exposed].filter(([name]) => name.startsWith("carepost_"));
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(ingestDocumented));
});

test("every metric of the gateway is documented with its type and labels, and every documented one is exposed", async () => {
  const metrics = createGatewayMetrics();
  const exposed = exposedMetrics(await metrics.text(gatewayMetricSources()));
  const ours = [...exposed].filter(([name]) => name.startsWith("carepost_"));
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(gatewayDocumented));
});

test("no metric names a gateway, and their number does not grow with the fleet", async () => {
  const [few, many] = [await ingestText(10), await ingestText(500)];
  expect(many).not.toMatch(/gw-\d/);
  const series = (text: string): number => text.split("\n").filter((line) => line.startsWith("carepost_")).length;
  expect(series(many)).toBe(series(few));
});

test("the counters say what the fleet sent", async () => {
  const text = await ingestText(50);
  const value = (line: string): number => Number(new RegExp(`^${line} (.+)$`, "m").exec(text)?.[1]);
  expect(value('carepost_ingest_readings_total{outcome="stored"}')).toBeGreaterThan(100);
  expect(value('carepost_ingest_refusals_total{reason="publish-refused"}')).toBe(1);
  expect(value("carepost_ingest_receipt_seconds_count")).toBe(
    value('carepost_ingest_batches_total{outcome="receipted"}'),
  );
  expect(value("carepost_ingest_fleet_tracked")).toBe(50);
  expect(value('carepost_ingest_fleet_gateways{condition="radio-down"}')).toBe(1);
  expect(value("carepost_ingest_batches_under_way")).toBe(0);
});

const known = new Set(
  [...ingestDocumented, ...gatewayDocumented].flatMap(([name, { type }]) =>
    type === "histogram" ? ["bucket", "sum", "count"].map((part) => `${name}_${part}`) : [name],
  ),
);
/** Of prom-client's own those that we rely on. */
const processMetrics = new Set([
  "process_resident_memory_bytes",
  "process_cpu_seconds_total",
  "nodejs_eventloop_lag_p99_seconds",
]);

const target = z.object({ refId: z.string(), expr: z.string().min(1), datasource: z.object({ uid: z.string() }) });
const panel = z.object({
  id: z.int(),
  type: z.enum(["row", "stat", "timeseries"]),
  title: z.string().min(1),
  gridPos: z.object({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1), h: z.int().min(1) }),
  targets: z.array(target).optional(),
});
const dashboard = z.object({
  uid: z.string(),
  schemaVersion: z.int().min(39),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), type: z.string(), definition: z.string().optional() })),
  }),
  panels: z.array(panel),
});

const readDashboard = (): z.infer<typeof dashboard> =>
  dashboard.parse(JSON.parse(readFileSync(join(folder, "grafana-dashboard.json"), "utf8")));

function faultsOf(expressions: readonly string[]): readonly string[] {
  return expressions.flatMap((expression) => {
    const names = metricNamesIn(expression);
    const strangers = names.filter((name) => !known.has(name) && !processMetrics.has(name));
    const fault = structuralFault(expression);
    return [
      ...(names.length === 0 ? [`${expression}: asks for no metric`] : []),
      ...strangers.map((name) => `${expression}: ${name} is not documented`),
      ...(fault === null ? [] : [`${expression}: ${fault}`]),
    ];
  });
}

test("the dashboard asks only for metrics that are documented, in expressions that hold together", async () => {
  const { panels, templating } = readDashboard();
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  expect(expressions.length).toBeGreaterThan(20);
  expect(faultsOf(expressions)).toEqual([]);
  const labelled = templating.list.flatMap(
    ({ definition }) => /^label_values\((\w+), instance\)$/.exec(definition ?? "")?.[1] ?? [],
  );
  expect(labelled.filter((name) => !known.has(name))).toEqual([]);
  expect(labelled).toHaveLength(2);
  const exposed = exposedMetrics(await ingestText(1));
  expect([...processMetrics].filter((name) => !exposed.has(name))).toEqual([]);
});

test("the dashboard's panels lie side by side, each with a number of its own and the chosen data source", () => {
  const { panels, templating } = readDashboard();
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(templating.list[0]).toMatchObject({ name: "datasource", type: "datasource" });
  const taken = new Set<string>();
  for (const { title, type, gridPos, targets = [] } of panels) {
    expect([title, gridPos.x + gridPos.w <= 24, type === "row" || targets.length > 0]).toEqual([title, true, true]);
    expect(targets.map(({ datasource }) => datasource.uid).filter((uid) => uid !== "${datasource}")).toEqual([]);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect([title, x, y, taken.has(`${x} ${y}`)]).toEqual([title, x, y, false]);
        taken.add(`${x} ${y}`);
      }
    }
  }
});

const rules = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Carepost[A-Za-z]+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[mh]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(["page", "ticket"]) }),
          annotations: z.strictObject({ summary: z.string(), description: z.string() }),
        }),
      ),
    }),
  ),
});

test("each alert asks for documented metrics and says what to do", () => {
  const { groups } = rules.parse(parse(readFileSync(join(folder, "alerts.yaml"), "utf8")));
  const alerts = groups.flatMap(({ rules: some }) => some);
  expect(alerts.length).toBeGreaterThan(5);
  expect(faultsOf(alerts.map(({ expr }) => expr))).toEqual([]);
  expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
});

test("an expression with a foreign metric, an open bracket or a broken selector is found", () => {
  const wrong = [
    "sum(carepost_ingest_nothing)",
    "sum(carepost_ingest_sink_up",
    'carepost_ingest_sink_up{instance="a',
    "carepost_ingest_sink_up{instance}",
    "rate(carepost_ingest_shed_total[])",
    "1 + 1",
  ];
  expect(wrong.filter((expression) => faultsOf([expression]).length === 0)).toEqual([]);
  expect(faultsOf(['sum by (instance) (rate(carepost_ingest_shed_total{instance=~"a|b"}[5m]))'])).toEqual([]);
});
