import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { createVirtualAir } from "../../simulators/air/virtual-air.ts";
import { serveAir } from "../../simulators/air/air-server.ts";
import { realClock } from "../../simulators/clock/real-clock.ts";
import { startAedes } from "../doubles/loopback-aedes.ts";
import { type Figure, figureOf, percentile, type Suite, type SuiteOptions } from "./figure.ts";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.ts";
import { kioskVisitor, type KioskVisitor } from "./kiosk-visitor.ts";
import { serviceBounds } from "./service-bounds.ts";

const suite = "kiosk-http";

/** What a tap costs at the kiosk, over a real socket to a real gateway, and what a day of visits leaves behind. */
export const kioskHttp: Suite = {
  name: suite,
  about:
    "the kiosk of a gateway process: request to answer, memory over 3,500 visits and after streams that come and go",
  async run(options: SuiteOptions): Promise<readonly Figure[]> {
    const folder = join(options.folder, "kiosk");
    mkdirSync(folder);
    const place = await openKiosk(folder);
    try {
      return await measure(place, options);
    } finally {
      await place.stop();
    }
  },
};

interface Kiosk {
  readonly url: string;
  readonly gateway: GatewayProcess;
  stop(): Promise<void>;
}

const pages = z.object({ type: z.literal("pages"), url: z.string() });

async function openKiosk(folder: string): Promise<Kiosk> {
  const air = createVirtualAir({ clock: realClock, seed: 1, advertisingIntervalMs: 1_000 });
  const socketPath = join(folder, "air.sock");
  const leaving = new AbortController();
  await serveAir(air, socketPath, leaving.signal);
  const broker = await startAedes();
  const { promise, resolve } = Promise.withResolvers<string>();
  const gateway = startGatewayProcess({
    folder,
    storePath: join(folder, "store.db"),
    url: broker.url,
    // With room to spare, what nobody has collected yet would be taken for what is kept.
    ...serviceBounds(),
    sections: { radio: { socket: socketPath }, kiosk: { port: 0 } },
    onLine: (line) => {
      const told = pages.safeParse(JSON.parse(line));
      if (told.success) resolve(told.data.url);
    },
  });
  const stop = async (): Promise<void> => {
    await gateway.stop();
    await broker.stop();
    leaving.abort();
  };
  return { url: await promise, gateway, stop };
}

async function measure({ url, gateway }: Kiosk, { short, progress }: SuiteOptions): Promise<readonly Figure[]> {
  const [warm, rounds, perRound, streams] = short ? [10, 2, 20, 50] : [500, 6, 500, 500];
  const times: Times = { look: [], tap: [], decision: [] };
  let visits = 0;
  const visit = async (count: number, taken: Times): Promise<void> => {
    for (const end = visits + count; visits < end; visits += 1) await oneVisit(url, visits, taken);
  };
  await visit(warm, { look: [], tap: [], decision: [] });
  const memory = [gateway.memory().nowMiB];
  for (let round = 0; round < rounds; round += 1) {
    await visit(perRound, times);
    memory.push(gateway.memory().nowMiB);
    progress(`${visits} visits: ${memory.at(-1)?.toFixed(0)} MiB`);
  }
  for (let number = 0; number < streams; number += 1) {
    const visitor = await kioskVisitor(url, number);
    await visitor.listenOnce();
    visitor.close();
  }
  const afterStreams = gateway.memory().nowMiB;
  progress(`${streams} streams opened and left: ${afterStreams.toFixed(0)} MiB`);
  // The first visits fill what is then used again and again: caches, and the room that Node collects in.
  const half = rounds / 2;
  const grown = (memory.at(-1) ?? 0) - (memory[half] ?? 0);
  return [
    ...timed("what everybody may see", times.look, 20),
    ...timed("a tap", times.tap, 50),
    ...timed("a decision that is written down", times.decision, 100),
    figureOf({ suite, name: `memory after ${visits} visits`, unit: "MiB" }, [memory.at(-1) ?? 0]),
    figureOf({ suite, name: `grown in the last ${half * perRound} visits`, unit: "MiB", aim: { atMost: 20 } }, [grown]),
    figureOf({ suite, name: `grown by ${streams} streams`, unit: "MiB", aim: { atMost: 20 } }, [
      afterStreams - (memory.at(-1) ?? 0),
    ]),
  ];
}

interface Times {
  readonly look: number[];
  readonly tap: number[];
  readonly decision: number[];
}

const timed = (name: string, times: readonly number[], atMost: number): readonly Figure[] => [
  figureOf({ suite, name: `${name}: request to answer, p50`, unit: "ms" }, [percentile(times, 0.5)]),
  figureOf({ suite, name: `${name}: request to answer, p99`, unit: "ms", aim: { atMost } }, [percentile(times, 0.99)]),
];

const begun = z.object({ consentText: z.object({ version: z.string(), sha256: z.string() }) });

/** A customer who agrees, looks around and goes: from the welcome screen to the end. */
async function oneVisit(url: string, number: number, { look, tap, decision }: Times): Promise<void> {
  const visitor: KioskVisitor = await kioskVisitor(url, number);
  look.push((await visitor.ask("GET", "/api/kiosk")).tookMs);
  const begin = await visitor.ask("POST", "/api/visit", { person: `bench-${number}`, language: "en" });
  decision.push(begin.tookMs);
  const { version, sha256 } = begun.parse(begin.body).consentText;
  const agreed = { version, sha256, decision: "given", trend: true };
  decision.push((await visitor.ask("POST", "/api/visit/consent", agreed)).tookMs);
  tap.push((await visitor.ask("POST", "/api/visit/kind", { kind: "blood-pressure-monitor" })).tookMs);
  tap.push((await visitor.ask("POST", "/api/visit/language", { language: "es" })).tookMs);
  tap.push((await visitor.ask("POST", "/api/visit/touch", {})).tookMs);
  decision.push((await visitor.ask("DELETE", "/api/visit")).tookMs);
  visitor.close();
}
