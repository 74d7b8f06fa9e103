import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { virtualRadio } from "../../../gateway/radio/virtual.ts";
import { serveAir } from "../../../simulators/air/air-server.ts";
import { createVirtualAir } from "../../../simulators/air/virtual-air.ts";
import { realClock } from "../../../simulators/clock/real-clock.ts";
import type { RadioStage, RadioStageMaker } from "./radio-stage.ts";

/** The virtual air over its socket: no Bluetooth below GATT. */
export const virtualStage: RadioStageMaker = {
  name: "virtual air",
  hasDaemon: false,
  confirmsAtOnce: false,
  make: async (): Promise<RadioStage> => {
    const air = createVirtualAir({ clock: realClock, seed: 1, advertisingIntervalMs: 20 });
    const folder = mkdtempSync(join(tmpdir(), "radio-stage-"));
    const stopping = new AbortController();
    const server = await serveAir(air, join(folder, "air"), stopping.signal);
    const radio = virtualRadio({ socketPath: join(folder, "air") });
    return {
      air,
      radio,
      stop: async () => {
        await radio.close();
        stopping.abort();
        await server.ended;
        rmSync(folder, { recursive: true });
      },
    };
  },
};
