import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { certificateFacts } from "./certificate-facts.ts";
import { newCrlPem, newIssuing, newRoot, publicKeyPemOf, type CertifiedKey } from "./certificates.ts";
import { diskSteps, ownerOnly, readableByAll } from "./durable-files.ts";
import { identityErrors } from "./identity-error.ts";
import { Register } from "./register.ts";

/** The files of an authority. `root.key` is needed by nothing here after `initAuthority`, and belongs offline. */
export interface AuthorityFiles {
  /** The issuing authority, with its key. */
  readonly issuing: CertifiedKey;
  readonly root: string;
  /** The root's list of revoked authorities. Without one, peers that check lists trust nothing. */
  readonly rootCrl: string;
}

const rootDays = 20 * 365;
const issuingDays = 10 * 365;

/**
 * Makes an authority in a folder that is not there yet, or is empty: whole, or not at all.
 * @throws CarepostError `authority-exists`, `authority-unwritable`
 */
export async function initAuthority(folder: string, { name, now }: InitRequest): Promise<void> {
  const place = resolve(folder);
  refuseIfOccupied(place);
  const root = await newRoot({ name: `${name} root`, now, days: rootDays });
  const issuing = await newIssuing({ root, name: `${name} issuing`, now, days: issuingDays });
  const rootCrl = await newCrlPem({
    authority: root,
    revoked: [],
    number: 1,
    now,
    nextUpdate: certificateFacts(issuing.cert).notAfter,
  });
  const draft = newDraft(place);
  try {
    const secret = { "root.key": root.key, "issuing.key": issuing.key };
    const open = { "root.crt": root.cert, "issuing.crt": issuing.cert, "ca.crt": root.cert + issuing.cert };
    for (const [file, text] of Object.entries(secret)) diskSteps.write(join(draft, file), text, ownerOnly);
    for (const [file, text] of Object.entries({ ...open, "root-crl.pem": rootCrl })) {
      diskSteps.write(join(draft, file), text, readableByAll);
    }
    new Register(join(draft, registerFile)).close();
    chmodSync(join(draft, registerFile), ownerOnly);
    diskSteps.flushFolder(draft);
    refuseIfOccupied(place);
    renameSync(draft, place);
    diskSteps.flushFolder(dirname(place));
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

function newDraft(place: string): string {
  try {
    return mkdtempSync(join(dirname(place), `.${basename(place)}-`));
  } catch (cause) {
    throw identityErrors.make("authority-unwritable", `${place} cannot be made`, { cause });
  }
}

export interface InitRequest {
  /** The authorities' common names begin with it. */
  readonly name: string;
  readonly now: number;
}

export const registerFile = "authority.db";
export const crlFile = "crl.pem";

/** @throws CarepostError `authority-absent`, `authority-damaged` */
export function readAuthorityFiles(folder: string): AuthorityFiles {
  if (!existsSync(join(folder, "issuing.key")) || !existsSync(join(folder, registerFile))) {
    throw identityErrors.make("authority-absent", `there is no authority in ${folder}`);
  }
  try {
    const read = (file: string): string => readFileSync(join(folder, file), "utf8");
    const issuing = { cert: read("issuing.crt"), key: read("issuing.key") };
    if (certificateFacts(issuing.cert).publicKey !== publicKeyPemOf(issuing.key)) {
      throw new Error("issuing.key is not the key of issuing.crt");
    }
    return { issuing, root: read("root.crt"), rootCrl: read("root-crl.pem") };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw identityErrors.make("authority-damaged", message, { cause: error });
  }
}

function refuseIfOccupied(folder: string): void {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  throw identityErrors.make("authority-exists", `${folder} exists and is not empty`);
}
