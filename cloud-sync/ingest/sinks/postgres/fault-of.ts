import type { CarepostError } from "../../../../device-drivers/kit/carepost-error.ts";
import { type PostgresErrorCode, postgresErrors } from "./postgres-error.ts";

/**
 * The failure of a statement or a connection, as one of `postgresErrors`. The server's own words are left out where
 * they may quote what was to be stored, and the client's error, which holds the values themselves, is not kept.
 */
export function faultOf(error: unknown): CarepostError<PostgresErrorCode> {
  if (postgresErrors.is(error)) return error;
  const { code, message } = wordsOf(error);
  if (!/^[0-9A-Z]{5}$/.test(code) || isClientCode(code)) return clientFault(code, message);
  const known = codeOfState(code);
  const words = known === "postgres-value-refused" ? "the database refused a value" : message;
  return postgresErrors.make(known, `${words} (SQLSTATE ${code})`, { context: { sqlState: code } });
}

/** Is the session of no more use, and perhaps its server? Then nothing is known of a COMMIT that was under way. */
export const isLost = (error: unknown): boolean =>
  postgresErrors.is(error, "postgres-unreachable", "postgres-read-only", "postgres-login-refused");

/** May the same transaction succeed if it is tried again at once? Serialization failures and deadlocks. */
export const isConflict = (error: unknown): boolean =>
  postgresErrors.is(error, "postgres-busy") && conflicts.has(String(error.context["sqlState"]));

const conflicts = new Set(["40001", "40P01"]);

/** PostgreSQL, appendix A: error codes. By their code, else by their class, which is its first two characters. */
const stateCodes: Readonly<Record<string, PostgresErrorCode>> = {
  "08": "postgres-unreachable",
  "57P01": "postgres-unreachable",
  "57P02": "postgres-unreachable",
  "57P03": "postgres-unreachable",
  "57P05": "postgres-unreachable",
  "25P03": "postgres-unreachable",
  "25006": "postgres-read-only",
  "40": "postgres-busy",
  "53": "postgres-busy",
  "55P03": "postgres-busy",
  "57014": "postgres-busy",
  "53100": "postgres-full",
  "22": "postgres-value-refused",
  "23": "postgres-value-refused",
  "54": "postgres-value-refused",
  "28": "postgres-login-refused",
  "3D000": "postgres-login-refused",
  "42501": "postgres-forbidden",
  "3F000": "postgres-schema-absent",
  "42P01": "postgres-schema-absent",
};

const codeOfState = (state: string): PostgresErrorCode =>
  stateCodes[state] ?? stateCodes[state.slice(0, 2)] ?? "postgres-failed";

/** Codes of the operating system that look like an SQLSTATE. */
const isClientCode = (code: string): boolean => code === "EPIPE" || code === "EPERM";

function clientFault(code: string, message: string): CarepostError<PostgresErrorCode> {
  const named = code === "" ? message : `${message} (${code})`;
  const untrusted = /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_/.test(code);
  if (untrusted)
    return postgresErrors.make("postgres-not-trusted", `the server's certificate is not trusted: ${named}`);
  const refused = code.startsWith("SASL_");
  return postgresErrors.make(refused ? "postgres-login-refused" : "postgres-unreachable", named);
}

function wordsOf(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  const code: unknown = Reflect.get(error, "code");
  const message = error.message === "" ? "the connection failed" : error.message;
  return { code: typeof code === "string" ? code : "", message };
}
