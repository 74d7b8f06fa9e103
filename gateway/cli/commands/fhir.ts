import { Option } from "commander";
import type { Command } from "commander";
import type { FhirProfiles } from "../../../cloud-sync/fhir/observation.ts";
import { endHelp, newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";

interface FhirOptions {
  readonly profiles: FhirProfiles;
  readonly schema?: true;
}

/** `carepost fhir`: frames in, transaction bundles out. */
export function command(terminal: Terminal): Command {
  const fhir = newCommand("fhir", terminal)
    .usage("[options] < collections.jsonl")
    .description(
      "Reads one JSON object a line, which holds what one device gave one gateway, and prints one FHIR R4 transaction " +
        "bundle a line, in the same order. What cannot be mapped is answered with one line {error: {code, message, " +
        "remedy}}. The same line always gives the same bundle, and every entry is a conditional create.",
    )
    .addOption(profilesOption())
    .option("--schema", "print the JSON Schema of a line, which says what each field means, then end")
    .action(async ({ profiles, schema }: FhirOptions) => {
      if (schema === true) {
        const { fhirLineJsonSchema } = await import("../fhir/line-schema.ts");
        await terminal.out(`${JSON.stringify(fhirLineJsonSchema(), null, 2)}\n`);
        return;
      }
      const { fhirLines } = await import("../fhir/fhir-lines.ts");
      const failed = await fhirLines(process.stdin, profiles, terminal);
      if (failed > 0) process.exitCode = 1;
    });
  return endHelp(fhir, terminal, {
    examples: [
      ["carepost fhir < collections.jsonl > bundles.ndjson", "map a file"],
      [`echo '${example}' | carepost fhir`, "one blood pressure"],
    ],
    exitCodes: { 0: "every line was mapped", 1: "at least one line was answered with an error" },
  });
}

const example = JSON.stringify({
  gateway: { id: "gw-0001", timeZone: "Europe/Berlin" },
  device: { manufacturer: "Example", model: "Cuff 1", systemId: "C05349FFFE4D0001" },
  person: "sim-0001",
  receivedAt: "2026-03-01T08:00:00+01:00",
  frames: [{ characteristic: "2A35", hex: "0678004F005A00EA070301073A004600" }],
});

/** Which profiles the resources claim: of every command that makes bundles. */
export const profilesOption = (): Option =>
  new Option("--profiles <profiles>", "what the resources claim to be, beyond the PHD guide's own profiles")
    .choices(["phd", "vital-signs", "blood-pressure"] satisfies readonly FhirProfiles[])
    .default("phd");
