// The library finds its parts by decorators' metadata, and must not be loaded before what keeps them.
import "reflect-metadata";
import { X509Certificate as ParsedCertificate, X509Crl } from "@peculiar/x509";
import { X509Certificate } from "node:crypto";
import { fail, ok, type Result } from "../../device-drivers/kit/result.ts";

/** What one authority has taken back (RFC 5280, 5). */
export interface RevocationList {
  /** One of the authorities that were given, whose signature the list bears. */
  readonly authority: X509Certificate;
  /** Serial numbers in the form of `normalSerial`. */
  readonly serials: ReadonlySet<string>;
  /** When the next list was due, in milliseconds since 1970; null where the list does not say. */
  readonly nextUpdate: number | null;
}

export interface RevocationLists {
  readonly lists: readonly RevocationList[];
  /** All authorities that were given, also those that have no list. */
  readonly authorities: readonly X509Certificate[];
}

/** What is wrong, as a sentence without its subject: "holds no revocation list". */
export interface RevocationListFault {
  readonly fault: string;
}

/**
 * The lists in a text of one or several PEM blocks. Each must bear the signature of one of the authorities: a list that
 * does not is nobody's word. All or nothing, so that half a file never takes the place of a whole one.
 */
export async function readRevocationLists(
  pem: string,
  authoritiesPem: string,
): Promise<Result<RevocationLists, RevocationListFault>> {
  const blocks = pemBlocks(pem, /^(?:X509 )?CRL$/);
  if (blocks.length === 0) return fail({ fault: "holds no revocation list" });
  // Whoever copies a file in place lets others read its beginning.
  const begun = pem.match(/-----BEGIN (?:X509 )?CRL-----/g) ?? [];
  if (begun.length > blocks.length) return fail({ fault: "ends in the middle of a revocation list" });
  const authorities = pemBlocks(authoritiesPem, /^(?:X509 |TRUSTED )?CERTIFICATE$/);
  const lists: RevocationList[] = [];
  for (const block of blocks) {
    const list = await readList(block, authorities).catch(() => null);
    if (list === null) return fail({ fault: "holds a revocation list that cannot be read" });
    if (list === "unsigned") {
      return fail({ fault: "holds a revocation list that none of the authorities has signed" });
    }
    lists.push(list);
  }
  return ok({ lists, authorities: authorities.map((der) => new X509Certificate(der)) });
}

/** Serial numbers are whole numbers, and are written with or without zeros in front, in capitals or not. */
export const normalSerial = (hex: string): string => hex.toUpperCase().replace(/^0+(?=.)/, "");

async function readList(der: Buffer, authorities: readonly Buffer[]): Promise<RevocationList | "unsigned"> {
  const list = new X509Crl(der);
  for (const authority of authorities) {
    const parsed = new ParsedCertificate(authority);
    if (parsed.subject !== list.issuer || !(await list.verify({ publicKey: parsed }))) continue;
    return {
      authority: new X509Certificate(authority),
      serials: new Set(list.entries.map(({ serialNumber }) => normalSerial(serialNumber))),
      nextUpdate: list.nextUpdate?.getTime() ?? null,
    };
  }
  return "unsigned";
}

function pemBlocks(pem: string, label: RegExp): readonly Buffer[] {
  const pattern = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;
  return [...pem.matchAll(pattern)]
    .filter(([, name = ""]) => label.test(name))
    .map(([, , base64 = ""]) => Buffer.from(base64, "base64"));
}
