import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { openStore } from "../../gateway/store/sqlite-store.ts";
import { systemClock } from "../../gateway/system-clock.ts";
import { cpuSeconds, type Figure, figureOf, type Suite, type SuiteOptions } from "./figure.ts";
import { startGatewayEnd } from "./gateway-end.ts";
import { type DrainLimit, fillDrainLimit, measureDrainLimit } from "./limits/drain-limit.ts";
import { newReading } from "./load.ts";
import { type BrokerProcess, startReceiptingAedes, startReceiptingMosquitto } from "./peers/broker-process.ts";

/** A backlog drained until every receipt is settled, beside mqtt.js driven by hand, which believes every PUBACK. */
export const drain: Suite = {
  name: "drain",
  about: "a backlog of 100,000 drained to receipts, against mqtt.js by hand with 50 readings a message",
  async run(options: SuiteOptions): Promise<readonly Figure[]> {
    const figures: Figure[] = [];
    for (const start of [startReceiptingAedes, startReceiptingMosquitto]) {
      const broker = await start();
      if (broker === null) options.progress("mosquitto is not installed, so it is left out");
      else figures.push(...(await measureBroker(broker, options)));
    }
    return figures;
  },
};

async function measureBroker(broker: BrokerProcess, options: SuiteOptions): Promise<readonly Figure[]> {
  const rows = options.short ? 10_000 : 100_000;
  const limits: number[] = [];
  const rates: number[] = [];
  const ratios: number[] = [];
  const cpu: number[] = [];
  const limitCpu: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const folder = join(options.folder, `${broker.name}-${round}`);
    mkdirSync(folder);
    const limit = await measureLimit(folder, broker.url, rows);
    const ours = await measureStore(folder, broker.url, rows);
    options.progress(
      `${broker.name} ${round + 1}: by hand ${Math.round(limit.readingsPerSecond)}/s, store ${Math.round(ours.perSecond)}/s`,
    );
    limits.push(limit.readingsPerSecond);
    limitCpu.push(limit.cpuSecondsPer100k);
    rates.push(ours.perSecond);
    ratios.push(ours.perSecond / limit.readingsPerSecond);
    cpu.push(ours.cpuSecondsPer100k);
  }
  await broker.stop();
  const suite = "drain";
  return [
    figureOf({ suite, name: `${broker.name}: mqtt.js by hand, packed by 50, to PUBACK`, unit: "1/s" }, limits),
    figureOf({ suite, name: `${broker.name}: gateway, to settled receipts`, unit: "1/s" }, rates),
    figureOf({ suite, name: `${broker.name}: gateway against by hand`, unit: "ratio", aim: { atLeast: 0.8 } }, ratios),
    figureOf({ suite, name: `${broker.name}: mqtt.js by hand, per 100,000`, unit: "CPU s" }, limitCpu),
    figureOf({ suite, name: `${broker.name}: gateway, per 100,000`, unit: "CPU s", aim: { atMost: 0.65 } }, cpu),
  ];
}

async function measureLimit(folder: string, url: string, rows: number): Promise<DrainLimit> {
  const path = join(folder, "limit.db");
  const bodies = Array.from({ length: 1024 }, (_, index) => Buffer.from(JSON.stringify(newReading(index).reading)));
  fillDrainLimit(path, bodies, rows);
  return await measureDrainLimit({ path, url, pack: 50, window: 256, pageRows: 1000 });
}

async function measureStore(
  folder: string,
  url: string,
  rows: number,
): Promise<{ readonly perSecond: number; readonly cpuSecondsPer100k: number }> {
  const store = await openStore({ path: join(folder, "store.db"), key: null, clock: systemClock, thread: "worker" });
  for (let row = 0; row < rows; row += 2000) {
    await Promise.all(Array.from({ length: Math.min(2000, rows - row) }, (_, at) => store.add(newReading(row + at))));
  }
  const before = process.cpuUsage();
  const started = performance.now();
  const gateway = startGatewayEnd(store, url);
  while ((await store.backlog()).waiting > 0) await setTimeout(5);
  const elapsedS = (performance.now() - started) / 1000;
  const cpu = cpuSeconds(before);
  await gateway.stop();
  await store.close();
  return { perSecond: rows / elapsedS, cpuSecondsPer100k: (cpu / rows) * 100_000 };
}
