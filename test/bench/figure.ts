/**
 * What a measurement says. Machines are noisy, so a figure is a median over rounds, and where there is a limit to hold it
 * against, that limit was measured in the same round: a ratio is taken inside a round, then the median of the ratios.
 */
export interface Figure {
  readonly suite: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
  readonly aim?: Aim;
  readonly note?: string;
}

/** What we would like to see. A missed aim is reported, not hidden, and does not fail the run. */
export type Aim = { readonly atLeast: number } | { readonly atMost: number };

export interface SuiteOptions {
  readonly rounds: number;
  /** A form for CI: it shows that the measurement works, with fewer rows and rounds, not what the product can do. */
  readonly short: boolean;
  /** A folder of the run's own, on the disk that is measured. */
  readonly folder: string;
  readonly progress: (text: string) => void;
}

export interface Suite {
  readonly name: string;
  readonly about: string;
  run(options: SuiteOptions): Promise<readonly Figure[]>;
}

export interface FigureName {
  readonly suite: string;
  readonly name: string;
  readonly unit: string;
  readonly aim?: Aim;
  readonly note?: string;
}

export function figureOf(name: FigureName, values: readonly number[]): Figure {
  if (values.length === 0) throw new RangeError(`no rounds were measured for ${name.suite} ${name.name}`);
  return { ...name, value: median(values), min: Math.min(...values), max: Math.max(...values), rounds: values.length };
}

export const reachesAim = (figure: Figure): boolean | null => {
  if (figure.aim === undefined) return null;
  return "atLeast" in figure.aim ? figure.value >= figure.aim.atLeast : figure.value <= figure.aim.atMost;
};

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export const cpuSeconds = (since?: NodeJS.CpuUsage): number => {
  const usage = process.cpuUsage(since);
  return (usage.user + usage.system) / 1e6;
};
