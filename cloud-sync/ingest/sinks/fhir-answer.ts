/** What a FHIR server's answer to one transaction means for it. */
export type FhirAnswer =
  /** Every entry was taken. `created` were new to the server; of the others it had one already. */
  | { readonly type: "taken"; readonly entries: number; readonly created: number }
  /** The server cannot take anything now. `afterMs` is its own wish. */
  | { readonly type: "unavailable"; readonly reason: string; readonly afterMs: number | null }
  /** It may not, or not here: the address or the credentials are wrong, or this one reading is not for us to tell. */
  | { readonly type: "denied"; readonly refusal: FhirRefusal }
  /** Somebody else changed the same at the same time, or several match: worth a few more tries. */
  | { readonly type: "conflict"; readonly refusal: FhirRefusal }
  /** The server failed on it, which may be the server's fault or its content's. */
  | { readonly type: "fault"; readonly refusal: FhirRefusal }
  /** It will never take this. */
  | { readonly type: "refused"; readonly refusal: FhirRefusal };

export interface FhirRefusal {
  /** Of the whole answer, or of the entry that failed. */
  readonly status: number;
  /** The OperationOutcome as it came, cut to a bound; empty if there was none. */
  readonly outcome: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** The header `Retry-After`; null if there was none. */
  readonly retryAfter: string | null;
  readonly body: string;
}

/** A server may not fill our disk with its explanations. */
export const outcomeCharsMax = 16_384;

/**
 * Judges an answer to a transaction of so many entries. HTTP 200 alone means nothing: each entry has a status of its
 * own, and some servers answer 200 with a failed entry.
 */
export function judgeAnswer(answer: HttpAnswer, entries: number): FhirAnswer {
  const { status, body } = answer;
  if (status < 200 || status > 299) return judgeStatus(answer, { status, outcome: cut(body) });
  const statuses = entryStatuses(body);
  // What answers so may be a proxy's page, or a server that lost its thread over this one.
  if (statuses?.length !== entries) return { type: "fault", refusal: { status, outcome: cut(body) } };
  const failed = statuses.find(({ status: own }) => own < 200 || own > 299);
  if (failed !== undefined) return judgeStatus({ ...answer, status: failed.status }, failed);
  return { type: "taken", entries, created: statuses.filter(({ status: own }) => own === 201).length };
}

function judgeStatus({ status, retryAfter }: HttpAnswer, refusal: FhirRefusal): FhirAnswer {
  if (status === 409 || status === 412) return { type: "conflict", refusal };
  if (status === 500 || status === 501) return { type: "fault", refusal };
  if (misdirected.has(status)) return { type: "denied", refusal };
  if (busy.has(status) || status > 501 || status < 400) {
    return { type: "unavailable", reason: `http-${status}`, afterMs: retryAfterMs(retryAfter) };
  }
  return { type: "refused", refusal };
}

/** Request time-out, locked, too early, too many requests. */
const busy: ReadonlySet<number> = new Set([408, 423, 425, 429]);
/** Mostly of the address or the credentials; but some servers mean one patient by it, or one reference. */
const misdirected: ReadonlySet<number> = new Set([401, 403, 404, 405, 406, 407, 415]);

/** Null for what is not a transaction's response. An entry without a status has failed: nobody says that it was taken. */
function entryStatuses(body: string): readonly FhirRefusal[] | null {
  const bundle = parsed(body);
  if (!isRecord(bundle) || bundle["resourceType"] !== "Bundle") return null;
  // FHIR knows no empty arrays (R4, 2.6.2): a response without entries has no such property.
  const { entry: entries = [] } = bundle;
  if (!Array.isArray(entries)) return null;
  return entries.map((entry: unknown): FhirRefusal => {
    const response = isRecord(entry) && isRecord(entry["response"]) ? entry["response"] : {};
    const [, status = "500"] = /^(\d{3})(?!\d)/.exec(String(response["status"])) ?? [];
    const outcome = response["outcome"];
    return { status: Number(status), outcome: outcome === undefined ? "" : cut(JSON.stringify(outcome)) };
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const cut = (text: string): string => text.slice(0, outcomeCharsMax);

/** Only the seconds of RFC 9110; a date would need a clock that agrees with the server's. */
const retryAfterMs = (header: string | null): number | null =>
  header !== null && /^\d{1,5}$/.test(header) ? Number(header) * 1000 : null;
