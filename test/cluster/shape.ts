/** A form of the whole path that can be brought up, struck, and taken down. */
export interface Shape {
  readonly name: "mosquitto" | "nats";
  /** What it consists of, in a line. */
  readonly about: string;
  readonly gateways: number;
  /** How long people have to measure at least, so that they still do when the last is struck. */
  readonly forS: number;
  /** Brings it up, with all that it has in the folder. */
  raise(folder: string): Promise<Raised>;
}

export interface Raised {
  /** What the fleet simulator is told: the broker, who the gateways are, where the readings end. */
  readonly fleetOptions: readonly string[];
  /** What is struck, one after the other. */
  readonly strikes: readonly Strike[];
  /** Asks the database, whichever server is its primary, without a head. */
  sql(text: string): string;
  remove(): Promise<void>;
}

/** A failure that is caused on purpose, once, in mid-stream. It resolves when what was struck is up again. */
export interface Strike {
  readonly name: string;
  readonly strike: () => Promise<void>;
}
