import { Option } from "commander";
import type { Command } from "commander";
import type { ReadingQuery, StoredReading } from "../../store/store.ts";
import { personArgument, wholeNumber } from "../arguments.ts";
import type { StoreOptions } from "../with-store.ts";

/** Which readings: the same options wherever readings are chosen. */
export interface FilterOptions extends StoreOptions {
  readonly person?: string;
  readonly device?: string;
  readonly state?: StoredReading["state"];
}

export const filterOptions = (command: Command): Command =>
  command
    .optionsGroup("Which readings:")
    .option("--person <reference>", "only this person's", personArgument)
    .option("--device <id>", "only those of this device")
    .addOption(
      new Option("--state <state>", "only those in this state").choices([
        "waiting",
        "delivered",
        "held",
        "undated",
        "dead-letter",
        "discarded",
      ]),
    );

export const filterOf = ({ person, device, state }: FilterOptions): Omit<ReadingQuery, "limit"> => ({
  ...(person === undefined ? {} : { person }),
  ...(device === undefined ? {} : { deviceId: device }),
  ...(state === undefined ? {} : { state }),
});

/** For lists that go on: the last id of one page is what `--after` takes for the next. */
export const limitOption = (command: Command): Command =>
  command
    .option("--limit <number>", "at most this many", wholeNumber(1, 10_000), 50)
    .option("--after <id>", "only those after this one", wholeNumber(0, Number.MAX_SAFE_INTEGER), 0);
