import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { VirtualAir } from "../air/virtual-air.ts";
import type { Agents } from "./agents.ts";
import type { Device } from "./device.ts";
import type { Discovery } from "./discovery.ts";
import type { KnownDevices } from "./known-devices.ts";
import type { ObjectTree } from "./object-tree.ts";

/** What a device has from its adapter. */
export interface DeviceHome {
  /** Of the adapter. */
  readonly path: string;
  readonly tree: ObjectTree;
  readonly air: VirtualAir;
  readonly clock: Clock;
  readonly agents: Agents;
  readonly discovery: Discovery;
  readonly known: KnownDevices;
  readonly habits: DaemonHabits;
  isPowered(): boolean;
  /** Takes the device's objects away, and what was remembered of it. */
  remove(device: Device): void;
}

/** What a test may change while the daemon runs. */
export interface DaemonHabits {
  /** From the link to ServicesResolved: reading the attribute table takes that long. */
  resolveMs: number;
  /** Every reply waits so long. */
  replyDelayMs: number;
  /** Tells that services are resolved before it tells of the services, as bluetoothd does after Pair(). */
  tellsResolvedFirst: boolean;
}
