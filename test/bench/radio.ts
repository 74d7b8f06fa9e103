import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Figure, figureOf, percentile, type Suite, type SuiteOptions } from "./figure.ts";
import { type RadioFront, simulatedBluezFront, virtualAirFront } from "./radio-front.ts";
import { type RadioRoom, openRoom } from "./radio-room.ts";

/** What hearing costs the gateway process, and how soon a device that is heard has its reading on disk. */
export const radio: Suite = radioSuite("radio", virtualAirFront);
export const radioOverBluez: Suite = radioSuite("radio-bluez", simulatedBluezFront);

/** The same at any level of the stack. */
export function radioSuite(name: string, front: RadioFront): Suite {
  return {
    name,
    about: `idle listening, 50 known devices, 1,000 advertisements/s, and advertisement to disk, over the ${front.name}`,
    run: async (options) => {
      const measured: Round[] = [];
      for (let round = 0; round < options.rounds; round += 1) {
        const folder = join(options.folder, String(round));
        mkdirSync(folder);
        measured.push(await measureRound(front, { ...options, folder }));
      }
      return figuresOf({ suite: name, devices: knownDevices(options.short) }, measured);
    },
  };
}

/** What the process used while it was looked at. */
interface Load {
  /** Of one processor. */
  readonly cpuPercent: number;
  readonly memoryMiB: number;
}

interface Round {
  readonly idle: Load;
  readonly known: Load;
  readonly flood: Load;
  readonly toDiskMs: readonly number[];
}

/** A session takes most of a second, so the short form has fewer. */
const knownDevices = (short: boolean): number => (short ? 14 : 50);
const floodPerSecond = 1_000;

async function measureRound(front: RadioFront, options: SuiteOptions): Promise<Round> {
  const { short, progress } = options;
  const devices = knownDevices(short);
  const idle = await inRoom(front, options, { name: "idle", intervalMs: 500 }, async (room) => {
    room.addNeighbours(5);
    return await watch(room, idleMs(short));
  });
  progress(`idle: ${loadText(idle)}`);
  const known = await inRoom(front, options, { name: "known", intervalMs: 500 }, async (room) => {
    await room.readDevices(devices);
    return await watch(room, short ? 5_000 : 60_000);
  });
  progress(`${devices} known devices: ${loadText(known)}`);
  const intervalMs = (1000 * devices) / floodPerSecond;
  const flood = await inRoom(front, options, { name: "flood", intervalMs }, async (room) => {
    room.addNeighbours(devices / 2);
    await room.readDevices(devices / 2);
    return await watch(room, short ? 5_000 : 60_000);
  });
  progress(`${floodPerSecond} advertisements/s: ${loadText(flood)}`);
  const toDiskMs = await inRoom(front, options, { name: "latency", intervalMs: 100 }, async (room) => {
    return await room.timesToDisk(short ? 10 : 200);
  });
  progress(`advertisement to disk: ${percentile(toDiskMs, 0.5).toFixed(1)} ms`);
  return { idle, known, flood, toDiskMs };
}

/** So long is an idle gateway watched; `CAREPOST_BENCH_IDLE_S` makes it an hour, or whatever is wanted. */
function idleMs(short: boolean): number {
  const wanted = Number(process.env["CAREPOST_BENCH_IDLE_S"]);
  if (Number.isFinite(wanted) && wanted > 0) return wanted * 1000;
  return short ? 5_000 : 60_000;
}

interface RoomPlan {
  readonly name: string;
  readonly intervalMs: number;
}

async function inRoom<T>(
  front: RadioFront,
  { folder }: SuiteOptions,
  ...[{ name, intervalMs }, measure]: [RoomPlan, (room: RadioRoom) => Promise<T>]
): Promise<T> {
  const own = join(folder, name);
  mkdirSync(own);
  const room = await openRoom(front, { folder: own, intervalMs });
  try {
    return await measure(room);
  } finally {
    await room.stop();
  }
}

/** Until what begins with a start, and what was just compiled, is over. */
const settlingMs = 2_000;

async function watch(room: RadioRoom, durationMs: number): Promise<Load> {
  await setTimeout(settlingMs);
  const before = { cpuMs: room.gateway.cpuMs(), atMs: performance.now() };
  await setTimeout(durationMs);
  const cpuPercent = (100 * (room.gateway.cpuMs() - before.cpuMs)) / (performance.now() - before.atMs);
  return { cpuPercent, memoryMiB: room.gateway.memory().nowMiB };
}

const loadText = ({ cpuPercent, memoryMiB }: Load): string =>
  `${cpuPercent.toFixed(2)} % of a processor, ${memoryMiB.toFixed(0)} MiB`;

function figuresOf(
  { suite, devices }: { readonly suite: string; readonly devices: number },
  rounds: readonly Round[],
): readonly Figure[] {
  const loads = (name: string, of: (round: Round) => Load): readonly Figure[] => [
    figureOf(
      { suite, name: `${name}: processor`, unit: "% of one" },
      rounds.map((round) => of(round).cpuPercent),
    ),
    figureOf(
      { suite, name: `${name}: resident`, unit: "MiB" },
      rounds.map((round) => of(round).memoryMiB),
    ),
  ];
  const share = (part: number): readonly number[] => rounds.map(({ toDiskMs }) => percentile(toDiskMs, part));
  return [
    ...loads("idle, 5 neighbours", ({ idle }) => idle),
    ...loads(`${devices} known devices near`, ({ known }) => known),
    ...loads(`${floodPerSecond} advertisements/s`, ({ flood }) => flood),
    figureOf({ suite, name: "advertisement to first reading on disk, p50", unit: "ms" }, share(0.5)),
    figureOf({ suite, name: "advertisement to first reading on disk, p99", unit: "ms" }, share(0.99)),
  ];
}
