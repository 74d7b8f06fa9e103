import { ingestErrors } from "../ingest-error.ts";
import { type FhirAnswer, judgeAnswer } from "./fhir-answer.ts";

/** One FHIR server. It never rejects but with the signal's reason: what the network does is an answer as well. */
export interface FhirClient {
  /** Posts a transaction of so many entries. */
  transact(bundle: string, entries: number, signal: AbortSignal): Promise<FhirAnswer>;
  /** Does a FHIR server answer at all? It tells a server that fails from a reading that it fails on. */
  isAlive(signal: AbortSignal): Promise<boolean>;
  /** Would it take a transaction of us that holds nothing? It tells wrong credentials from a reading that is not for us. */
  isWelcome(signal: AbortSignal): Promise<boolean>;
}

export interface FhirClientOptions {
  /** The server's base: `https://fhir.example.org/r4`. Plain http only to this machine. */
  readonly url: string;
  /** Asked before each request, so that a token can be renewed in its file. */
  readonly token: () => string | null;
  readonly timeoutMs: number;
}

const answerBytesMax = 8 * 2 ** 20;

/** @throws CarepostError `fhir-url-refused` for an address that would send readings in the clear, or holds a secret */
export function fhirClient(options: FhirClientOptions): FhirClient {
  const { url, token, timeoutMs } = options;
  const base = checkedUrl(url);
  const headers = (): Record<string, string> => {
    const own = token();
    return {
      accept: "application/fhir+json",
      "content-type": "application/fhir+json; charset=utf-8",
      ...(own === null ? {} : { authorization: `Bearer ${own}` }),
    };
  };
  const within = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const transact: FhirClient["transact"] = async (bundle, entries, signal) => {
    const request = { method: "POST", body: bundle, headers: headers(), redirect: "manual" as const };
    try {
      const response = await fetch(base, { ...request, signal: within(signal) });
      const answer = { status: response.status, retryAfter: response.headers.get("retry-after") };
      return judgeAnswer({ ...answer, body: await boundedText(response) }, entries);
    } catch (error) {
      signal.throwIfAborted();
      const reason = error instanceof DOMException && error.name === "TimeoutError" ? "timeout" : "no-connection";
      return { type: "unavailable", reason, afterMs: null };
    }
  };
  return {
    transact,
    // A server that wants at least one entry says so with 400 or 422, and has then let us in.
    isWelcome: async (signal) => welcoming.has((await transact(emptyTransaction, 0, signal)).type),
    isAlive: async (signal) => {
      try {
        const response = await fetch(`${base}/metadata`, { headers: headers(), signal: within(signal) });
        return response.ok && (await boundedText(response)).includes('"CapabilityStatement"');
      } catch {
        signal.throwIfAborted();
        return false;
      }
    },
  };
}

const emptyTransaction = '{"resourceType":"Bundle","type":"transaction"}';
const welcoming: ReadonlySet<FhirAnswer["type"]> = new Set<FhirAnswer["type"]>(["taken", "refused"]);

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  const isLocal = url !== null && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url === null || !(url.protocol === "https:" || (url.protocol === "http:" && isLocal))) {
    throw ingestErrors.make("fhir-url-refused", "the server's address is not https, nor http to this machine");
  }
  if (url.username !== "" || url.password !== "" || url.search !== "") {
    throw ingestErrors.make("fhir-url-refused", "the server's address holds a user name, a password or a query");
  }
  return url.href.replace(/\/+$/, "");
}

/** A body that is too long is cut, and is then no transaction's response. */
async function boundedText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    bytes += part.byteLength;
    if (bytes > answerBytesMax) break;
  }
  return Buffer.concat(parts).toString("utf8");
}
