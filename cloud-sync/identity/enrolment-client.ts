import { X509Certificate } from "node:crypto";
import { request as httpsRequest } from "node:https";
import { connect as tlsConnect, type TLSSocket } from "node:tls";
import type { TlsMaterial } from "../mqtt/connection.ts";
import { enrolAnswer, enrolPath, refusalAnswer, renewPath, type EnrolAnswer } from "./enrolment-contract.ts";
import { fingerprintOf } from "./certificate-facts.ts";
import { identityErrors } from "./identity-error.ts";

/** The gateway's end of enrolment. */
export interface EnrolCall {
  /** The service's address, such as `https://ca.example:8443`. */
  readonly url: string;
  readonly trust: ServiceTrust;
  readonly token: string;
  readonly csr: string;
  readonly gateway: string;
}

/** How the service is recognised: by an authority in PEM, by the fingerprint of one, or by the authorities of Node. */
export type ServiceTrust =
  | { readonly ca: string }
  | { readonly fingerprint: string }
  | { readonly publicAuthorities: true };

export interface RenewCall {
  readonly url: string;
  /** The identity that is to be renewed. */
  readonly tls: TlsMaterial;
  readonly csr: string;
}

const answerBytesMax = 65_536;
const timeoutMs = 30_000;

/**
 * @throws CarepostError `enrolment-unreachable`, `enrolment-server-untrusted`, `enrolment-refused`, `enrolment-busy`,
 * `enrolment-answer-wrong`
 */
export async function enrolAt({ url, trust, ...body }: EnrolCall, signal: AbortSignal): Promise<EnrolAnswer> {
  const ca = await trustedAuthority(new URL(url), trust, signal);
  const tls = { ca, cert: null, key: null };
  return await post({ url: new URL(enrolPath, url), tls, body, refused: "enrolment-refused" }, signal);
}

/** @throws CarepostError as `enrolAt`, with `renewal-refused` in place of `enrolment-refused` */
export const renewAt = ({ url, tls, csr }: RenewCall, signal: AbortSignal): Promise<EnrolAnswer> =>
  post({ url: new URL(renewPath, url), tls, body: { csr }, refused: "renewal-refused" }, signal);

async function trustedAuthority(url: URL, trust: ServiceTrust, signal: AbortSignal): Promise<string | null> {
  if ("ca" in trust) return trust.ca;
  return "fingerprint" in trust ? await authorityByFingerprint(url, trust.fingerprint, signal) : null;
}

/**
 * Looks at the certificates that the service shows, and takes the one with this fingerprint as the authority. Nothing is
 * sent over this connection: the next one is verified against that authority, like all that send something.
 */
async function authorityByFingerprint(url: URL, fingerprint: string, signal: AbortSignal): Promise<string> {
  const shown = await certificatesShownBy(url, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
  const found = shown.find((pem) => fingerprintOf(pem) === fingerprint.toLowerCase());
  if (found !== undefined) return found;
  throw identityErrors.make("enrolment-server-untrusted", "the service shows no authority with this fingerprint");
}

function certificatesShownBy(url: URL, signal: AbortSignal): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const { host, port, servername } = placeOf(url);
    const socket = tlsConnect({ host, port, ...servername, rejectUnauthorized: false });
    const giveUp = (cause: unknown): void => {
      socket.destroy();
      reject(unreachable(url, cause));
    };
    const onAbort = (): void => giveUp(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("error", giveUp);
    socket.once("secureConnect", () => {
      signal.removeEventListener("abort", onAbort);
      resolve(chainOf(socket));
      socket.destroy();
    });
  });
}

function chainOf(socket: TLSSocket): readonly string[] {
  const chain: string[] = [];
  let current = socket.getPeerCertificate(true);
  // A root is its own issuer, and a hostile chain may be long.
  while (chain.length < 8 && current?.raw !== undefined) {
    chain.push(new X509Certificate(current.raw).toString());
    if (current.issuerCertificate === current) break;
    current = current.issuerCertificate;
  }
  return chain;
}

function placeOf({ hostname, port }: URL): { host: string; port: number; servername: { servername?: string } } {
  const host = hostname.replace(/^\[|\]$/g, "");
  const isAddress = /^[\d.]+$|:/.test(host);
  return { host, port: Number(port === "" ? 443 : port), servername: isAddress ? {} : { servername: host } };
}

interface Post {
  readonly url: URL;
  readonly tls: TlsMaterial;
  readonly body: object;
  readonly refused: "enrolment-refused" | "renewal-refused";
}

async function post(call: Post, signal: AbortSignal): Promise<EnrolAnswer> {
  const { status, text } = await exchange(call, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
  const json = parsed(text);
  if (status === 200) {
    const answer = enrolAnswer.safeParse(json);
    if (answer.success) return answer.data;
    throw identityErrors.make("enrolment-answer-wrong", "the answer is not one of an enrolment service");
  }
  const { code, message } = refusalAnswer.safeParse(json).data?.error ?? {
    code: "unknown",
    message: `the address answered with HTTP status ${status}`,
  };
  const ours = status === 429 || status >= 500 ? "enrolment-busy" : call.refused;
  throw identityErrors.make(ours, message, { context: { answer: code, status } });
}

function exchange(
  { url, tls, body }: Post,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const giveUp = (cause: unknown): void => {
      request.destroy();
      reject(unreachable(url, cause));
    };
    const request = httpsRequest(url, {
      method: "POST",
      // A connection of its own each time, so that none outlives the certificate that it began with.
      agent: false,
      signal,
      headers: { "content-type": "application/json" },
      rejectUnauthorized: true,
      ...(tls.ca === null ? {} : { ca: tls.ca }),
      ...(tls.cert === null || tls.key === null ? {} : { cert: tls.cert, key: tls.key }),
    });
    request.on("error", giveUp);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
        if (text.length > answerBytesMax) giveUp(new Error("the answer is too long"));
      });
      response.on("error", giveUp);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.end(JSON.stringify(body));
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** OpenSSL's and Node's codes of a peer that does not prove who it is. */
const untrustedCodes = /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT|ERR_SSL_TLSV1_ALERT_UNKNOWN_CA)/;

function unreachable(url: URL, cause: unknown): Error {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const message = cause instanceof Error ? cause.message : String(cause);
  const context = { host: url.host, reason: code };
  if (untrustedCodes.test(code)) return identityErrors.make("enrolment-server-untrusted", message, { cause, context });
  return identityErrors.make("enrolment-unreachable", message === "" ? code : message, { cause, context });
}
