import type { CarepostError } from "../device-drivers/kit/carepost-error.ts";
import { gatewayErrors } from "./gateway-error.ts";

/** A part of the program that runs until its signal is aborted. */
export interface Part {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Starts all parts at once, and when the signal is aborted, or one of them ends, stops them one after the other, the
 * last first. Every part is stopped whatever the others do.
 *
 * @throws what a part threw; `gateway-failed` with all of it if several did
 */
export async function runParts(parts: readonly Part[], signal: AbortSignal): Promise<void> {
  const running = parts.map(start);
  await Promise.race([...running.map(({ ended }) => ended), abortion(signal)]);
  const failures: unknown[] = [];
  for (const part of running.toReversed()) {
    part.stop();
    failures.push(...(await part.ended));
  }
  throwSum(failures);
}

/** @throws what is in the list: itself if it is one, `gateway-failed` around it if it is several, nothing if it is none */
export function throwSum(failures: readonly unknown[]): void {
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw sumOf(failures);
}

interface RunningPart {
  /** Resolves, whatever happened, with what went wrong. */
  readonly ended: Promise<readonly unknown[]>;
  stop(): void;
}

function start(part: Part): RunningPart {
  const stopping = new AbortController();
  return { ended: outcome(part, stopping.signal), stop: () => stopping.abort() };
}

async function outcome(part: Part, signal: AbortSignal): Promise<readonly unknown[]> {
  try {
    await part.run(signal);
    if (signal.aborted) return [];
    return [gatewayErrors.make("part-ended", `the ${part.name} ended although nobody stopped it`)];
  } catch (error) {
    return [error];
  }
}

function abortion(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

const sumOf = (failures: readonly unknown[]): CarepostError =>
  gatewayErrors.make("gateway-failed", `${failures.length} parts of the gateway failed`, {
    cause: new AggregateError(failures),
  });
