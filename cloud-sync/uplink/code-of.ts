import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";

/** The code of a failure, for the log and for answers; `internal` for what no table knows. */
export const codeOf = (error: unknown): string => (error instanceof CarepostError ? error.code : "internal");
