import type { Reading } from "../contract/reading.ts";

/** What of a reading can contradict itself. */
export interface ReadingClaims {
  readonly person: string | null;
  /** `attribution.by`. */
  readonly by: string;
  /** `time.measured`. */
  readonly measured: string | null;
  /** `time.basis`. */
  readonly basis: string;
  /** A test of the meter itself, with control solution. */
  readonly isMeterTest: boolean;
}

export const claimsOf = (reading: Reading): ReadingClaims => ({
  person: reading.person,
  by: reading.attribution.by,
  measured: reading.time.measured,
  basis: reading.time.basis,
  isMeterTest: reading.kind !== "blood-pressure" && reading.controlSolution,
});

/**
 * What a valid shape can still get wrong: fields that contradict one another. Answers the first contradiction as
 * `path: rule`, or null. The ingestion end refuses such a reading rather than guess which of the two is true.
 */
export function readingContradiction({ person, by, measured, basis, isMeterTest }: ReadingClaims): string | null {
  if (isMeterTest && person !== null) return "person: a test with control solution is nobody's reading";
  if (person !== null && by === "none") return "attribution.by: a person, but by nobody's word";
  if (person === null && by !== "none" && !isMeterTest) {
    return "attribution.by: nobody's reading, but by somebody's word";
  }
  if (basis === "unknown" && measured !== null) return "time.measured: an instant, but of unknown basis";
  if (basis !== "unknown" && measured === null) return "time.basis: a basis, but no instant";
  return null;
}
