import type { OwnProcess } from "./own-process.ts";

/** A form of the whole path that can be brought up, struck and taken down. */
export interface Shape {
  readonly name: string;
  readonly about: string;
  readonly gateways: number;
  readonly ingestors: number;
  /** Brings up what lies between the gateways and the ingestors, and the database behind them. */
  raise(folder: string): Promise<Raised>;
}

export interface Raised {
  /** What the fleet simulator is told about the broker: its options, with the identities of the gateways. */
  readonly fleetOptions: readonly string[];
  /** The configuration of one ingestor of the shape. */
  ingestorConfiguration(name: string): object;
  /** Asks the database. */
  sql(text: string): string;
  /** What is to be struck, one after the other. */
  strikes(ingestors: readonly OwnProcess[]): readonly Strike[];
  /** Programs whose memory is told at the end. */
  readonly watched: () => readonly { readonly name: string; readonly pid: number }[];
  remove(): Promise<void>;
}

/** A failure that is caused on purpose, once, in mid-stream. It resolves when what was struck is up again. */
export interface Strike {
  readonly name: string;
  readonly strike: () => Promise<void>;
}
