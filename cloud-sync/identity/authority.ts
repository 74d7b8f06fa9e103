import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fail, ok, type Result } from "../../device-drivers/kit/result.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { crlFile, readAuthorityFiles, registerFile, type AuthorityFiles } from "./authority-folder.ts";
import { certificateFacts, fingerprintOf } from "./certificate-facts.ts";
import {
  ingestorPrefix,
  issueGatewayCertificate,
  issueIngestorCertificate,
  issueServerCertificate,
  newCrlPem,
  verifyCsr,
  type CsrFault,
  type ServerNames,
} from "./certificates.ts";
import { diskSteps, readableByAll } from "./durable-files.ts";
import { identityErrors } from "./identity-error.ts";
import { Register, type CertificateRow, type Entry, type SubjectRow } from "./register.ts";
import { newToken, tokenDigest } from "./token.ts";

/** Why a request is refused: the code is for the one who asked, the reason for the operator's log. */
export interface Refusal {
  readonly code:
    | "token-refused"
    | "csr-refused"
    | "key-revoked"
    | "certificate-unknown"
    | "certificate-revoked"
    | "certificate-expired"
    | "renewed-too-often";
  readonly reason: string;
  /** Null where whoever asked has not proved to be one. */
  readonly gateway: string | null;
}

export interface Issued {
  readonly gateway: string;
  /** The gateway's certificate and that of the issuing authority. */
  readonly chain: string;
  /** What the gateway is to trust. */
  readonly ca: string;
}

const dayMs = 86_400_000;
/** A home hub that was switched off over a long journey may come back. */
const renewalGraceMs = 30 * dayMs;
const renewalsPerDayMax = 12;
/** A list is signed anew each day and stays good for a month, so that a service that is away for a week harms nobody. */
const crlRenewalMs = dayMs;
const crlValidMs = 30 * dayMs;

/**
 * The authority at work, over its folder. Several processes may have it open: what one of them revokes, the others
 * refuse at their next request.
 */
export class Authority {
  readonly files: AuthorityFiles;
  /** The root and the issuing authority, PEM. */
  readonly ca: string;
  readonly fingerprint: string;
  readonly #folder: string;
  readonly #clock: Pick<Clock, "now">;
  readonly #register: Register;

  /** @throws CarepostError `authority-absent`, `authority-damaged`, and those of the database */
  constructor(folder: string, clock: Pick<Clock, "now">) {
    this.files = readAuthorityFiles(folder);
    this.ca = this.files.root + this.files.issuing.cert;
    this.fingerprint = fingerprintOf(this.files.root);
    this.#folder = folder;
    this.#clock = clock;
    this.#register = new Register(join(folder, registerFile));
  }

  /**
   * A token that is shown once and kept as a digest. `reinstate` lets a revoked gateway come back, with a new key.
   * @throws CarepostError `gateway-id-reserved`, `gateway-is-revoked`
   */
  newToken(gateway: string, { validMs, reinstate }: { readonly validMs: number; readonly reinstate: boolean }): Token {
    if (gateway.toLowerCase().startsWith(ingestorPrefix)) {
      throw identityErrors.make("gateway-id-reserved", `${gateway} would be taken for an ingestor`);
    }
    const token = newToken();
    const expiresAt = this.#clock.now() + validMs;
    this.#register.atomically(() => {
      if (!reinstate && this.#register.status(gatewayEntry(gateway)) === "revoked") {
        throw identityErrors.make("gateway-is-revoked", `${gateway} is revoked`);
      }
      this.#register.addToken(tokenDigest(token), gateway, expiresAt);
    });
    return { token, gateway, expiresAt };
  }

  /** Whoever lost the answer may ask again with the same token and the same key, and gets the same certificate. */
  async enrol({ token, csr, gateway }: EnrolRequest): Promise<Result<Issued, Refusal>> {
    const digest = tokenDigest(token);
    const first = this.#judgeToken(digest, { gateway, keyDigest: null });
    if (!first.ok) return first;
    const request = await verifyCsr(csr);
    if (!request.ok) return fail(csrRefusal(request.error, first.value.gateway));
    const keyDigest = digestOf(request.value.publicKey);
    const subject = gatewayEntry(first.value.gateway);
    const draft = await this.#sign(subject, request.value.publicKey);
    return this.#register.atomically(() => {
      const again = this.#judgeToken(digest, { gateway, keyDigest });
      if (!again.ok) return again;
      if (again.value.keyDigest !== null) return this.#sameAgain(subject, keyDigest);
      if (this.#register.isKeyRevoked(subject, keyDigest)) return fail(revokedKey(subject.name));
      this.#register.setStatus(subject, "active", this.#clock.now());
      this.#register.useToken(digest, keyDigest, this.#clock.now());
      return ok(this.#keep(draft));
    });
  }

  /** A new certificate for a new key, on the word of the old one. Asked again for the same key, it gives the same. */
  async renew({ pem, csr }: RenewRequest): Promise<Result<Issued, Refusal>> {
    const first = this.#judgeCertificate(pem);
    if (!first.ok) return first;
    const subject = gatewayEntry(first.value.name);
    const request = await verifyCsr(csr);
    if (!request.ok) return fail(csrRefusal(request.error, subject.name));
    const keyDigest = digestOf(request.value.publicKey);
    const now = this.#clock.now();
    const known = this.#register.certificateOfKey(subject, keyDigest);
    if (known !== null && now - known.issuedAt < dayMs) return ok(this.#issued(known));
    const draft = await this.#sign(subject, request.value.publicKey);
    return this.#register.atomically(() => {
      const again = this.#judgeCertificate(pem);
      if (!again.ok) return again;
      if (this.#register.isKeyRevoked(subject, keyDigest)) return fail(revokedKey(subject.name));
      if (this.#register.issuedSince(subject, now - dayMs) >= renewalsPerDayMax) {
        return fail({ code: "renewed-too-often", reason: "too-often", gateway: subject.name });
      }
      return ok(this.#keep(draft));
    });
  }

  /** For a service of the operator's own, with a key of its own. The chain, PEM. */
  async issueServer(name: string, request: ServerNames & { readonly publicKey: string }): Promise<string> {
    const cert = await issueServerCertificate({ ...request, authority: this.files.issuing, now: this.#clock.now() });
    return this.#keepOther({ kind: "server", name }, request.publicKey, cert);
  }

  async issueIngestor(ingestor: string, request: ServerNames & { readonly publicKey: string }): Promise<string> {
    const now = this.#clock.now();
    const cert = await issueIngestorCertificate({ ...request, ingestor, authority: this.files.issuing, now });
    return this.#keepOther({ kind: "ingestor", name: ingestor }, request.publicKey, cert);
  }

  /**
   * From now on nothing is renewed for it, its tokens are void, and the list that brokers read names its certificates.
   * Gives how many those are. Once more does no harm.
   * @throws CarepostError `nothing-to-revoke`
   */
  async revoke(subject: Entry): Promise<number> {
    const now = this.#clock.now();
    const certificates = this.#register.atomically(() => {
      const tokens = subject.kind === "gateway" ? this.#register.dropTokens(subject.name) : 0;
      if (tokens === 0 && this.#register.status(subject) === "unknown") {
        throw identityErrors.make("nothing-to-revoke", `there is no ${subject.kind} ${subject.name}`);
      }
      this.#register.setStatus(subject, "revoked", now);
      this.#register.markListStale();
      return this.#register.revokeCertificates(subject, now);
    });
    await this.publishList();
    return certificates;
  }

  subjects(): Iterable<SubjectRow> {
    return this.#register.subjects();
  }

  /**
   * Signs the list anew if it is old, gone or of a time to come, which peers would not believe, or if something was revoked
   * that it does not tell; forgets what has long ended.
   */
  async maintain(): Promise<void> {
    const now = this.#clock.now();
    // A clock alone may be years ahead for a minute, and what it had forgotten would be gone: the whole fleet, and who is
    // revoked. A gateway that lives in another year does not take this service's certificate, so it gets none from it.
    const lastIssue = this.#register.lastGatewayIssue() ?? 0;
    this.#register.prune(Math.min(now, lastIssue) - 2 * renewalGraceMs);
    const { isStale, publishedAt } = this.#register.list();
    const isOfToday = now >= publishedAt && now - publishedAt < crlRenewalMs;
    if (isStale || !isOfToday || !existsSync(this.listPath)) await this.publishList();
  }

  /** Where brokers find who is revoked: of the root and of the issuing authority, PEM. */
  get listPath(): string {
    return join(this.#folder, crlFile);
  }

  async publishList(): Promise<void> {
    const now = this.#clock.now();
    const { number, revoked } = this.#register.atomically(() => ({
      number: this.#register.nextListNumber(),
      revoked: this.#register.revoked(),
    }));
    const authority = this.files.issuing;
    const crl = await newCrlPem({ authority, revoked, number, now, nextUpdate: now + crlValidMs });
    const draft = `${this.listPath}.${number}`;
    diskSteps.write(draft, this.files.rootCrl + crl, readableByAll);
    // A list that was begun earlier must not take the place of a later one, which may name more.
    this.#register.atomically(() => {
      if (this.#register.list().published > number) {
        diskSteps.remove(draft);
        return;
      }
      diskSteps.rename(draft, this.listPath);
      diskSteps.flushFolder(this.#folder);
      this.#register.listPublished(number, now);
    });
  }

  close(): void {
    this.#register.close();
  }

  #judgeToken(digest: Uint8Array, { gateway, keyDigest }: TokenClaim): Result<TokenUse, Refusal> {
    const refuse = (reason: string, known: string | null): Result<never, Refusal> =>
      fail({ code: "token-refused", reason, gateway: known });
    const token = this.#register.token(digest);
    if (token === null) return refuse("unknown-token", null);
    if (this.#clock.now() >= token.expiresAt) return refuse("expired-token", token.gateway);
    if (gateway !== null && gateway !== token.gateway) return refuse("token-of-another-gateway", token.gateway);
    const isAnotherKey = token.keyDigest !== null && keyDigest !== null && !isSame(token.keyDigest, keyDigest);
    if (isAnotherKey) return refuse("used-token", token.gateway);
    return ok({ gateway: token.gateway, keyDigest: token.keyDigest });
  }

  #judgeCertificate(pem: string): Result<CertificateRow, Refusal> {
    const { serial, publicKey } = certificateFacts(pem);
    const row = this.#register.certificate(serial);
    // The same serial could stand in a certificate of somebody else's making.
    if (row?.kind !== "gateway" || certificateFacts(row.pem).publicKey !== publicKey) {
      return fail({ code: "certificate-unknown", reason: "unknown-certificate", gateway: null });
    }
    const gateway = row.name;
    if (row.revokedAt !== null || this.#register.status(gatewayEntry(gateway)) !== "active") {
      return fail({ code: "certificate-revoked", reason: "revoked", gateway });
    }
    if (this.#clock.now() > row.notAfter + renewalGraceMs) {
      return fail({ code: "certificate-expired", reason: "expired-too-long-ago", gateway });
    }
    return ok(row);
  }

  #sameAgain(subject: Entry, keyDigest: Uint8Array): Result<Issued, Refusal> {
    const known = this.#register.certificateOfKey(subject, keyDigest);
    if (known !== null && this.#register.status(subject) === "active") return ok(this.#issued(known));
    return fail({ code: "token-refused", reason: "revoked-since", gateway: subject.name });
  }

  async #sign(subject: Entry, publicKey: string): Promise<Draft> {
    const now = this.#clock.now();
    const authority = this.files.issuing;
    return {
      subject,
      publicKey,
      pem: await issueGatewayCertificate({ authority, gateway: subject.name, publicKey, now }),
    };
  }

  #keep({ subject, publicKey, pem }: Draft): Issued {
    const { serial, notAfter } = certificateFacts(pem);
    const row = { ...subject, serial, keyDigest: digestOf(publicKey), pem, issuedAt: this.#clock.now(), notAfter };
    this.#register.addCertificate(row);
    return this.#issued(row);
  }

  #keepOther(subject: Entry, publicKey: string, pem: string): string {
    this.#register.atomically(() => {
      this.#register.setStatus(subject, "active", this.#clock.now());
      this.#keep({ subject, publicKey, pem });
    });
    return pem + this.files.issuing.cert;
  }

  #issued({ name, pem }: Pick<CertificateRow, "name" | "pem">): Issued {
    return { gateway: name, chain: pem + this.files.issuing.cert, ca: this.ca };
  }
}

export interface Token {
  readonly token: string;
  readonly gateway: string;
  readonly expiresAt: number;
}

export interface EnrolRequest {
  readonly token: string;
  readonly csr: string;
  /** Whom the gateway takes itself for; null where it does not say. */
  readonly gateway: string | null;
}

export interface RenewRequest {
  /** The certificate whose key whoever asks has just proved to have. */
  readonly pem: string;
  readonly csr: string;
}

interface TokenClaim {
  readonly gateway: string | null;
  /** Null before the request's key is known. */
  readonly keyDigest: Uint8Array | null;
}

type TokenUse = Pick<NonNullable<ReturnType<Register["token"]>>, "gateway" | "keyDigest">;

interface Draft {
  readonly subject: Entry;
  readonly publicKey: string;
  readonly pem: string;
}

const gatewayEntry = (name: string): Entry => ({ kind: "gateway", name });

const digestOf = (publicKey: string): Uint8Array => createHash("sha256").update(publicKey).digest();

const isSame = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;

const revokedKey = (gateway: string): Refusal => ({ code: "key-revoked", reason: "revoked-key", gateway });

const csrRefusal = ({ fault }: CsrFault, gateway: string): Refusal => ({ code: "csr-refused", reason: fault, gateway });
