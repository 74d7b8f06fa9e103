import { batchReadingsMax } from "../contract/delivery.ts";
import { readingAt, type ReadingRecord } from "./reading-text.ts";

/** A batch whose readings are all valid and in canonical form, with the message around them still to be read. */
export interface BatchText {
  readonly readings: readonly ReadingRecord[];
  /** The message with `stand-in` for all of its readings. */
  readonly envelope: string;
}

/**
 * Takes the readings out of the text of a message without parsing them. Null where that cannot be done for all of them:
 * then the message has to be read the long way. What it gives is true only if the envelope, once it is read, has
 * `standIn` for its readings: the name alone does not say that they are the batch's.
 */
export function takeReadings(text: string): BatchText | null {
  const before = text.indexOf(opening);
  if (before === -1) return null;
  const start = before + opening.length;
  const readings: ReadingRecord[] = [];
  let end = start;
  for (;;) {
    const reading = readings.length < batchReadingsMax ? readingAt(text, end) : null;
    if (reading === null) return null;
    readings.push(reading);
    end += reading.text.length;
    if (text[end] !== ",") break;
    end += 1;
  }
  const [head, tail] = [text.slice(0, start), text.slice(end)];
  // Without an escape nothing in the message can be equal to the stand-in but the stand-in.
  if (!tail.startsWith("]") || head.includes("\\") || tail.includes("\\")) return null;
  return { readings, envelope: `${head}${JSON.stringify(standIn)}${tail}` };
}

const opening = '"readings":[';

/** A text that JSON cannot write without an escape. */
export const standIn = "\u0000";
