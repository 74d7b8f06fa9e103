import { createInterface } from "node:readline/promises";
import { onlyDevice } from "../../capture/find-device.ts";
import type { Neighbour } from "../../capture/find-device.ts";
import type { Terminal } from "../terminal.ts";
import { neighboursText } from "./capture-text.ts";

/**
 * The device that is meant: the only one, the one that a person at the terminal picks, or the only one that a driver fits.
 * @throws CarepostError `capture-device-unclear` where there are several and nobody to ask
 */
export async function chooseDevice(
  neighbours: readonly Neighbour[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Neighbour> {
  const [only] = neighbours;
  if (only !== undefined && neighbours.length === 1) return only;
  terminal.note(neighboursText(neighbours, terminal.paintNote));
  if (!process.stdin.isTTY || !terminal.showsProgress) return onlyDevice(neighbours);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    for (;;) {
      const answer = await lines.question(`Which one, 1 to ${neighbours.length}? `, { signal });
      const chosen = neighbours[Number(answer.trim()) - 1];
      if (chosen !== undefined) return chosen;
    }
  } finally {
    lines.close();
  }
}
