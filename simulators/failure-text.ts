import type { CarepostError } from "../device-drivers/kit/carepost-error.ts";

/** What failed and what to do, for a person: in the form in which `carepost` tells its own failures. */
export const failureText = ({ message, code, remedy }: CarepostError): string =>
  `✗ ${message} (${code})\n  → ${remedy}\n`;

/** @param command as it is typed, `carepost simulate` */
export const usageText = (reason: string, command: string): string =>
  `✗ ${reason}\n  → ${command} --help shows how it is used\n`;
