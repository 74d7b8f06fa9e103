import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import type { AirCommand } from "../air/air-command.ts";
import type { VirtualAir } from "../air/virtual-air.ts";
import { GlucoseMeter } from "../peripherals/glucose-meter.ts";
import type { Station } from "./build-device.ts";
import type { MeasuringDesk } from "./measuring-desk.ts";
import type { Cue, Deed, ScriptedEvent } from "./scenario.ts";

export interface StagePorts {
  readonly clock: Clock;
  readonly air: VirtualAir;
  readonly desk: MeasuringDesk;
  readonly stations: readonly Station[];
  readonly random: Random;
}

/** Plays an event when its time comes, and again if it repeats. Rejects with the signal's reason when aborted. */
export async function playEvent(event: ScriptedEvent, ports: StagePorts, signal: AbortSignal): Promise<void> {
  await ports.clock.sleep(event.at, signal);
  for (;;) {
    await playCue(event, ports, signal);
    if (event.every === undefined) return;
    await ports.clock.sleep(event.every, signal);
  }
}

/** Plays it now. A device that is not there is nobody's affair. */
export async function playCue(cue: Cue, ports: StagePorts, signal: AbortSignal): Promise<void> {
  const deed = cue.do;
  if (deed.type === "adapter") {
    ports.air.setAdapter(deed.present);
    return;
  }
  const station = ports.stations.find(({ description }) => description.name === cue.device);
  if (station === undefined) return;
  const { address } = station.device;
  const command = airCommandOf(deed, address);
  if (command !== null) ports.air.command(command);
  if (deed.type === "vanish" && deed.for !== undefined) {
    await ports.clock.sleep(deed.for, signal);
    ports.air.command({ type: "return", address });
  }
  playAtDesk(deed, ports, station);
  playInside(deed, station.device);
}

/** What the air does to a device; null for a deed of another kind. */
function airCommandOf(deed: Deed, address: string): AirCommand | null {
  if (deed.type === "vanish") return { type: deed.type, address };
  if (deed.type === "delay-values") return { type: deed.type, address, count: deed.count, delayMs: deed.delay };
  if (deed.type === "cut-transfer") {
    return { type: deed.type, address, afterValues: deed.afterValues, before: deed.before };
  }
  if (deed.type === "return" || deed.type === "disconnect") return { type: deed.type, address };
  if (deed.type === "forget-bond" || deed.type === "pair") return { type: deed.type, address };
  const isCounted =
    deed.type === "refuse-connections" || deed.type === "drop-notifications" || deed.type === "repeat-notifications";
  return isCounted ? { type: deed.type, address, count: deed.count } : null;
}

/** What people do with a device. */
function playAtDesk(deed: Deed, { desk, random }: StagePorts, station: Station): void {
  if (deed.type === "wake") station.device.wake();
  if (deed.type === "control-solution") desk.check(station, random);
  if (deed.type === "failed-measurement") desk.measure(station, deed.person ?? null, { random, fails: "always" });
  if (deed.type !== "measure") return;
  for (let time = 0; time < deed.times; time += 1) {
    desk.measure(station, deed.person ?? null, { random, fails: "never", remark: deed.remark });
  }
}

/** What happens inside a device. A cuff has no counter to reset and no display offset. */
function playInside(deed: Deed, device: Station["device"]): void {
  if (deed.type === "reset-clock") device.deviceClock.reset();
  if (deed.type === "garble") device.garbler.garbleNext(deed.how, deed.frames);
  if (deed.type === "interrupt-report") {
    device.interruptNextReport({ type: deed.by, afterRecords: deed.afterRecords });
  }
  if (!(device instanceof GlucoseMeter)) return;
  if (deed.type === "reset-counter") device.resetCounter({ keepsMemory: deed.keepsMemory });
  if (deed.type === "adjust-display") device.adjustDisplay(Math.round(deed.by / 60_000));
}
