import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { certificateFacts, isIssuedUnder, splitCertificates } from "../../cloud-sync/identity/certificate-facts.ts";
import type { CertificateFacts } from "../../cloud-sync/identity/certificate-facts.ts";
import { newKeyPem, publicKeyPemOf } from "../../cloud-sync/identity/certificates.ts";
import { diskSteps, ownerOnly, readableByAll, replaceFile } from "../../cloud-sync/identity/durable-files.ts";
import type { FileSteps } from "../../cloud-sync/identity/durable-files.ts";
import type { EnrolAnswer } from "../../cloud-sync/identity/enrolment-contract.ts";
import type { TlsMaterial } from "../../cloud-sync/mqtt/connection.ts";
import { identityErrors } from "../../cloud-sync/identity/identity-error.ts";

/** Who this gateway is: its key, its certificate with the issuing authority's, and whom it trusts. All PEM. */
export interface Identity {
  readonly key: string;
  readonly chain: string;
  readonly ca: string;
  readonly facts: CertificateFacts;
}

/**
 * The folder in which a gateway keeps its identity: `identity.pem` holds key and certificates in one file, so that they
 * change together; `ca.pem` is whom it trusts; `pending.key` is a key whose certificate has not arrived. A program that
 * is killed between any two steps leaves the identity as it was or as it is to be, and the pending key until then, so
 * that what was asked for can be asked for again.
 */
export class IdentityFolder {
  readonly #path: string;
  readonly #gateway: string;
  readonly #steps: FileSteps;

  constructor(path: string, gateway: string, steps: FileSteps = diskSteps) {
    this.#path = path;
    this.#gateway = gateway;
    this.#steps = steps;
  }

  /**
   * Null where the gateway has not been enrolled.
   * @throws CarepostError `identity-damaged`
   */
  current(): Identity | null {
    const both = this.#read("identity.pem");
    if (both === null) return null;
    try {
      const [key] = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(both) ?? [""];
      const chain = splitCertificates(both).join("");
      const facts = certificateFacts(chain);
      if (facts.publicKey !== publicKeyPemOf(key)) throw new Error("key and certificate do not belong together");
      if (facts.commonName !== this.#gateway) throw new Error("the certificate is another gateway's");
      const ca = this.#read("ca.pem") ?? "";
      // Node takes nothing at all for the authorities that it knows, which are not the fleet's.
      if (splitCertificates(ca).length === 0) throw new Error("ca.pem names nobody to trust");
      return { key: `${key}\n`, chain, ca, facts };
    } catch (error) {
      throw identityErrors.make("identity-damaged", error instanceof Error ? error.message : String(error), {
        cause: error,
      });
    }
  }

  /**
   * How to prove who we are, as it is on disk now.
   * @throws CarepostError `identity-absent`, `identity-damaged`
   */
  tls(): TlsMaterial {
    const identity = this.current();
    if (identity === null) throw identityErrors.make("identity-absent", "this gateway has not been enrolled");
    const { key, chain, ca } = identity;
    return { ca, cert: chain, key };
  }

  /**
   * The key to ask a certificate for: the one that was asked for before and did not get its own, or a new one.
   * @throws CarepostError `identity-unwritable`
   */
  pendingKey(): string {
    const waiting = this.#read("pending.key");
    const publicKey = waiting === null ? null : publicKeyOf(waiting);
    if (waiting !== null && publicKey !== null && !this.#isInUse(publicKey)) return waiting;
    const key = newKeyPem();
    this.#change(() => {
      mkdirSync(this.#path, { recursive: true, mode: 0o700 });
      replaceFile(join(this.#path, "pending.key"), key, { steps: this.#steps, mode: ownerOnly });
    });
    return key;
  }

  /** The next key to ask for is a new one. */
  forgetPendingKey(): void {
    this.#change(() => this.#steps.remove(join(this.#path, "pending.key")));
  }

  /**
   * Takes the certificate that has arrived for the pending key into use.
   * @throws CarepostError `enrolment-answer-wrong`, and then nothing has changed; `identity-unwritable`
   */
  install({ gateway, chain, ca }: Pick<EnrolAnswer, "gateway" | "chain" | "ca">): void {
    const key = this.#read("pending.key");
    const fault = key === null ? "no key waits for it" : this.#faultOf({ gateway, chain, ca, key });
    if (key === null || fault !== null) {
      throw identityErrors.make("enrolment-answer-wrong", `the certificate cannot be used: ${fault ?? ""}`);
    }
    this.#change(() => {
      // What is to be trusted comes first: it never names less than before, so it fits the old certificate as well.
      replaceFile(join(this.#path, "ca.pem"), ca, { steps: this.#steps, mode: readableByAll });
      replaceFile(join(this.#path, "identity.pem"), key + chain, { steps: this.#steps, mode: ownerOnly });
      this.#steps.remove(join(this.#path, "pending.key"));
      this.#steps.flushFolder(this.#path);
    });
  }

  #change(act: () => void): void {
    try {
      act();
    } catch (cause) {
      if (!(cause instanceof Error && "syscall" in cause)) throw cause;
      throw identityErrors.make("identity-unwritable", `${this.#path} cannot be written to`, { cause });
    }
  }

  #faultOf({
    gateway,
    chain,
    ca,
    key,
  }: Pick<EnrolAnswer, "gateway" | "chain" | "ca"> & { key: string }): string | null {
    try {
      const facts = certificateFacts(chain);
      if (gateway !== this.#gateway || facts.commonName !== this.#gateway) return `it is for ${gateway}`;
      if (facts.publicKey !== publicKeyPemOf(key)) return "it is for another key";
      return isIssuedUnder(chain, ca) ? null : "it does not come from the authority that came with it";
    } catch {
      return "it is not a certificate";
    }
  }

  /** A program that was killed just after the key came into use has left it here. */
  #isInUse(publicKey: string): boolean {
    try {
      return this.current()?.facts.publicKey === publicKey;
    } catch {
      // What is damaged is used by nobody.
      return false;
    }
  }

  #read(name: string): string | null {
    try {
      return readFileSync(join(this.#path, name), "utf8");
    } catch (error) {
      // Neither is there where a folder of the path is missing or is a file.
      if (error instanceof Error && "code" in error && absentCodes.has(String(error.code))) return null;
      throw identityErrors.make("identity-damaged", `${name} cannot be read`, { cause: error });
    }
  }
}

const absentCodes: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

/** Null for what is no key. */
function publicKeyOf(pem: string): string | null {
  try {
    return publicKeyPemOf(pem);
  } catch {
    return null;
  }
}
