import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openNobleRadio } from "../../../../gateway/radio/noble/noble.ts";
import type { ManagedRadio } from "../../../../gateway/radio/managed-radio.ts";
import type { NobleRadioOptions } from "../../../../gateway/radio/radio-options.ts";
import { createVirtualAir, type VirtualAir } from "../../../../simulators/air/virtual-air.ts";
import {
  type BluetoothFront,
  type BluetoothFrontEvent,
  serveOverHci,
} from "../../../../simulators/bluetooth/bluetooth-front.ts";
import { createMedium, type Medium } from "../../../../simulators/bluetooth/medium/medium.ts";
import { serveH4 } from "../../../../simulators/bluetooth/transport/h4-server.ts";
import { realClock } from "../../../../simulators/clock/real-clock.ts";

/** noble on a virtual controller, over a real H4 socket, in one room with an air's devices. */
export interface NobleRig {
  readonly air: VirtualAir;
  readonly medium: Medium;
  readonly front: BluetoothFront;
  readonly radio: ManagedRadio;
  readonly options: NobleRadioOptions;
  /** Plugs the controllers' socket out, and in again. */
  setAdapter(isPresent: boolean): Promise<void>;
  stop(): Promise<void>;
}

export const hurriedPatience = { absentMs: 400, connectMs: 1_500, discoverMs: 5_000, powerMs: 1_500 } as const;

export interface NobleRigOptions {
  readonly package?: NobleRadioOptions["package"];
  /** How many times faster everything on the air is; 20 unless told. */
  readonly speed?: number;
  /** Told what becomes visible at a device. */
  readonly tell?: (event: BluetoothFrontEvent) => void;
}

export async function startNobleRig({
  package: name = "auto",
  speed = 20,
  tell,
}: NobleRigOptions = {}): Promise<NobleRig> {
  const folder = mkdtempSync(join(tmpdir(), "carepost-noble-"));
  const path = join(folder, "hci.sock");
  const air = createVirtualAir({ clock: realClock, seed: 1, advertisingIntervalMs: 5 });
  const medium = createMedium({ clock: realClock, seed: 1, speed });
  const front = serveOverHci(air, medium, { clock: realClock, seed: 1, ...(tell === undefined ? {} : { tell }) });
  let serving = new AbortController();
  let server = await serveH4(medium, path, serving.signal);
  const options: NobleRadioOptions = { kind: "noble", package: name, hciDevice: null, h4Socket: path };
  const radio = await openNobleRadio(options, { clock: realClock, patience: hurriedPatience });
  const unplug = async (): Promise<void> => {
    serving.abort();
    await server.ended;
  };
  return {
    air,
    medium,
    front,
    radio,
    options,
    setAdapter: async (isPresent) => {
      if (!isPresent) {
        await unplug();
        return;
      }
      serving = new AbortController();
      server = await serveH4(medium, path, serving.signal);
    },
    stop: async () => {
      await radio.close();
      await unplug();
      front.close();
      medium.close();
      rmSync(folder, { recursive: true });
    },
  };
}
