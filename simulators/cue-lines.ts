import type { CarepostError } from "../device-drivers/kit/carepost-error.ts";
import { type Cue, cue } from "./scenario/scenario.ts";
import type { World } from "./scenario/world.ts";
import { simulatorErrors } from "./simulator-error.ts";

export interface CueSource {
  /** JSON, one cue a line: `{"device":"home-cuff","do":{"type":"measure","person":"sim-0001"}}`. */
  readonly lines: AsyncIterable<string>;
  /** Told of a line that is no cue; the next is played all the same. */
  readonly refuse: (why: CarepostError) => void;
}

/** Plays cues as they come, until there are no more. */
export async function playCueLines(world: World, { lines, refuse }: CueSource, signal: AbortSignal): Promise<void> {
  for await (const line of lines) {
    if (line.trim() === "") continue;
    try {
      const wanted = readCue(line, world);
      // One that takes its time, as a device that vanishes for a while, does not hold up the next.
      void world.cue(wanted, signal);
    } catch (error) {
      if (!simulatorErrors.is(error)) throw error;
      refuse(error);
    }
  }
}

function readCue(line: string, { stations }: World): Cue {
  const parsed = cue.safeParse(parsedJson(line));
  if (!parsed.success) {
    const why = parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`.trim()).join("; ");
    throw simulatorErrors.make("cue-invalid", `a cue is not understood: ${why}`);
  }
  const names = stations.map(({ description }) => description.name);
  const { device } = parsed.data;
  if (parsed.data.do.type !== "adapter" && (device === undefined || !names.includes(device))) {
    throw simulatorErrors.make("cue-invalid", `a cue names no device of the scenario; they are ${names.join(", ")}`);
  }
  return parsed.data;
}

function parsedJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
