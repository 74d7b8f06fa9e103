import type { Readable } from "node:stream";
import type { FhirProfiles } from "../../../cloud-sync/fhir/observation.ts";
import { cliErrors } from "../cli-error.ts";
import { failureJson, failureOf } from "../failure.ts";
import { inputLines } from "../input-lines.ts";
import type { Terminal } from "../terminal.ts";
import { lineBundle } from "./line-bundle.ts";

/** The longest line, in characters: a thousand records with their contexts are some 150 kB. */
export const fhirLineCharsMax = 1_048_576;

/**
 * Answers each line with one line, in order: a bundle, or `{"error": …}`. Blank lines are passed over. Resolves with
 * how many were answered with an error. The input is read no faster than the answers are taken.
 */
export async function fhirLines(input: Readable, profiles: FhirProfiles, terminal: Terminal): Promise<number> {
  let failed = 0;
  for await (const lines of inputLines(input, fhirLineCharsMax)) {
    for (const line of lines) {
      if (line?.trim() === "") continue;
      const { text, isError } = answerTo(line, profiles);
      if (isError) failed += 1;
      await terminal.out(text);
    }
  }
  return failed;
}

function answerTo(line: string | null, profiles: FhirProfiles): { readonly text: string; readonly isError: boolean } {
  try {
    if (line === null) throw cliErrors.make("fhir-line-invalid", "the line is longer than 1 MiB");
    return { text: `${lineBundle(line, profiles)}\n`, isError: false };
  } catch (error) {
    return { text: failureJson(failureOf(error)), isError: true };
  }
}
