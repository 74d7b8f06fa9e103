import type { Reading } from "../contract/reading.ts";

/**
 * What a valid shape can still get wrong: fields that contradict one another. Answers the first contradiction as
 * `path: rule`, or null. The ingestion end refuses such a reading rather than guess which of the two is true.
 */
export function readingContradiction(reading: Reading): string | null {
  const { person, attribution, time } = reading;
  const ofMeterItself = reading.kind !== "blood-pressure" && reading.controlSolution;
  if (ofMeterItself && person !== null) return "person: a test with control solution is nobody's reading";
  if (person !== null && attribution.by === "none") return "attribution.by: a person, but by nobody's word";
  if (person === null && attribution.by !== "none" && !ofMeterItself) {
    return "attribution.by: nobody's reading, but by somebody's word";
  }
  if (time.basis === "unknown" && time.measured !== null) return "time.measured: an instant, but of unknown basis";
  if (time.basis !== "unknown" && time.measured === null) return "time.basis: a basis, but no instant";
  return null;
}
