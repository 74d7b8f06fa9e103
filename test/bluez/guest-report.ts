import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import type { GuestEnd } from "./guest/boot-guest.ts";

export interface GuestVerdict {
  readonly passed: boolean;
  /** One line for the person who started the run. */
  readonly summary: string;
}

/** The part of vitest's JSON report that is looked at. */
const reportShape = z.object({
  success: z.boolean(),
  numPassedTests: z.number().int(),
  numFailedTests: z.number().int(),
  numPendingTests: z.number().int(),
});

/** The kernel says these on its console when it has come to harm; what it did after that proves nothing. */
const kernelHarm = /\b(?:Kernel panic|BUG:|Oops|WARNING: CPU|INFO: task .* blocked)/;

/** Follows the console, and judges the run when it is over. A guest that never reported has failed. */
export class GuestReport {
  readonly #outFolder: string;
  readonly #harm: string[] = [];

  constructor(outFolder: string) {
    this.#outFolder = outFolder;
  }

  /** Takes a line of the console. Returns what is worth showing of it; null for nothing. */
  hear(raw: string): string | null {
    const line = stripVTControlCharacters(raw).trimEnd();
    if (kernelHarm.test(line)) this.#harm.push(line.trim());
    return line === "" || isBootNoise(line) ? null : line;
  }

  judge(end: GuestEnd): GuestVerdict {
    const failed = (summary: string): GuestVerdict => ({ passed: false, summary });
    if (end.type === "interrupted") return failed("interrupted");
    if (end.type === "took-too-long") return failed("the guest did not end in time");
    if (this.#harm[0] !== undefined) return failed(`the kernel came to harm: ${this.#harm[0]}`);
    if (end.exitCode === null) return failed("the guest ended without a verdict");
    const path = join(this.#outFolder, "report.json");
    if (!existsSync(path)) return failed(`the suites did not report (exit code ${end.exitCode})`);
    const report = reportShape.safeParse(JSON.parse(readFileSync(path, "utf8")));
    if (!report.success) return failed("the suites' report cannot be read");
    const { success, numPassedTests: passed, numFailedTests: failures, numPendingTests: skipped } = report.data;
    const counts = `${passed} passed, ${failures} failed, ${skipped} skipped`;
    return { passed: success && end.exitCode === 0 && passed > 0, summary: counts };
  }
}

const isBootNoise = (line: string): boolean =>
  /^(?:Core dump limits|Checking |\s*(?:soft|hard) -|Adding \d+ bytes|reboot:|random:|\[\s*\d+\.\d+\])/.test(line);
