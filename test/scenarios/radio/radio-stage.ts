import type { ManagedHarness } from "../../contracts/managed-radio.ts";

/**
 * An air with a radio over it, for whole-path scenarios: in process, over a simulated bluetoothd, or over a real one and
 * a real kernel. What a scenario does to the devices it does by the air, whatever lies between.
 */
export interface RadioStage extends ManagedHarness {
  /** Connects to a device as a gateway that is killed before it lets go; absent where a connection ends with its program. */
  readonly leaveConnected?: (address: string) => Promise<void>;
  /** What the stack holds for our program on its side of the bus; absent where there is no such thing. */
  readonly holdings?: () => Promise<Readonly<Record<string, number>>>;
}

export interface RadioStageMaker {
  readonly name: string;
  /** The stack has a daemon, and the stage its lever. */
  readonly hasDaemon: boolean;
  /** The stack confirms indications by itself, before anything is on disk. */
  readonly confirmsAtOnce: boolean;
  readonly make: () => Promise<RadioStage>;
}
