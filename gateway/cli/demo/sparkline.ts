const bars = "▁▂▃▄▅▆▇█";

/** The latest samples as a curve of blocks, one a column; the highest fills its column. */
export function sparkline(samples: readonly number[], columns: number): string {
  const shown = samples.slice(-Math.max(1, columns));
  const highest = Math.max(1, ...shown);
  const bar = (sample: number): string => bars[Math.round((sample / highest) * (bars.length - 1))] ?? "▁";
  return shown.map(bar).join("").padStart(columns, "▁");
}
