import type { ResultView } from "../../contract/visit-view.ts";
import type { Words } from "../messages/en.ts";
import type { Formats } from "../messages/language.ts";
import { categoryWords } from "./range-scale.tsx";

/** A result in one line of plain text: for paper, and for a phone. Nothing in it says whose it is. */
export function resultLine(result: ResultView, words: Words, { dayAndTime }: Formats): string {
  const { readings } = words;
  const when = result.measuredAt === null ? "" : `, ${dayAndTime(result.measuredAt)}`;
  const note = result.note === null || result.controlSolution ? "" : ` – ${categoryWords(words, result.note)}`;
  return `${readings.kind[result.kind]}: ${valueText(result, words)}${note}${when}`;
}

export function valueText(result: ResultView, { readings }: Words): string {
  const shown = (quantity: ResultView["systolic"]): string =>
    quantity === null ? "–" : (quantity.value ?? readings.absent[quantity.absent ?? "none"]);
  if (result.kind !== "blood-pressure") return `${shown(result.concentration)} ${result.concentration?.unit ?? ""}`;
  const pulse =
    result.pulseRate === null ? "" : `, ${readings.pulse.toLocaleLowerCase()} ${shown(result.pulseRate)}/min`;
  return `${shown(result.systolic)}/${shown(result.diastolic)} ${result.systolic?.unit ?? "mmHg"}${pulse}`;
}

/** The visit's results, as many as a QR code holds that a phone can still read well. */
export function summaryText(results: readonly ResultView[], words: Words, formats: Formats): string {
  const lines = results.slice(0, linesMax).map((result) => resultLine(result, words, formats));
  return [words.handOver.summary, ...lines, words.handOver.notDiagnosis].join("\n");
}

const linesMax = 4;
