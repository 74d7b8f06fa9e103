// The library finds its parts by decorators' metadata, and must not be loaded before what keeps them.
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
  type JsonGeneralNames,
  type JsonName,
} from "@peculiar/x509";
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, webcrypto } from "node:crypto";
import { z } from "zod";
import { fail, ok, type Result } from "../../device-drivers/kit/result.ts";

/**
 * Certificates of Carepost's own authority (RFC 5280), all P-256 with SHA-256, all texts in PEM. Pure but for chance:
 * the time is an argument, in milliseconds since 1970, and nothing is read or kept.
 */
export interface CertifiedKey {
  /** One certificate. */
  readonly cert: string;
  /** Its private key, PKCS #8. */
  readonly key: string;
}

export interface AuthorityRequest {
  /** The common name, 64 characters at most. */
  readonly name: string;
  readonly now: number;
  readonly days: number;
}

/** What all certificates of an end entity take. `publicKey` is a SubjectPublicKeyInfo, as `verifyCsr` gives it. */
export interface IssueRequest {
  /** The issuing authority. What it issues does not outlast it. */
  readonly authority: CertifiedKey;
  readonly publicKey: string;
  readonly now: number;
  readonly days?: number;
}

export interface ServerNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

export const gatewayCertificateDays = 30;
const otherCertificateDays = 90;
/** A certificate is valid from before it was made, for those whose clock is late by no more than this. */
const backdateMs = 5 * 60_000;
const dayMs = 86_400_000;

export const gatewayUrn = (gateway: string): string => `urn:carepost:gateway:${gateway}`;
export const ingestorUrn = (ingestor: string): string => `urn:carepost:ingestor:${ingestor}`;

/** The common name of an ingestor. No gateway's id may begin so: brokers tell the two apart by it. */
export const ingestorCommonName = (ingestor: string): string => `${ingestorPrefix}${ingestor}`;
export const ingestorPrefix = "ingestor-";

/** The anchor of trust. Its key signs the issuing authority and is then kept offline. */
export async function newRoot({ name, now, days }: AuthorityRequest): Promise<CertifiedKey> {
  const key = newKeyPem();
  const publicKey = publicKeyOf(key);
  const subject = distinguishedName(name);
  const cert = await sign({
    subject,
    issuer: subject,
    publicKey,
    signingKey: key,
    validity: validity(now, days),
    extensions: [
      new BasicConstraintsExtension(true, 1, true),
      authorityUsage(),
      await SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return { cert, key };
}

/** The authority that works day by day. It may sign end entities, and no further authority (path length 0). */
export async function newIssuing(request: AuthorityRequest & { readonly root: CertifiedKey }): Promise<CertifiedKey> {
  const key = newKeyPem();
  const cert = await signBy(request.root, {
    ...request,
    subject: distinguishedName(request.name),
    publicKey: publicKeyOf(key),
    extensions: [new BasicConstraintsExtension(true, 0, true), authorityUsage()],
  });
  return { cert, key };
}

/** Lets a gateway connect: its id is the common name, and a URI among the alternative names. */
export const issueGatewayCertificate = (request: IssueRequest & { readonly gateway: string }): Promise<string> =>
  signBy(request.authority, {
    ...request,
    days: request.days ?? gatewayCertificateDays,
    subject: distinguishedName(request.gateway),
    publicKey: new PublicKey(request.publicKey),
    extensions: endEntity([ExtendedKeyUsage.clientAuth], [{ type: "url", value: gatewayUrn(request.gateway) }]),
  });

/** Lets an ingestor read the fleet's topics, and serve as a broker where it has names to serve under. */
export const issueIngestorCertificate = (
  request: IssueRequest & ServerNames & { readonly ingestor: string },
): Promise<string> =>
  signBy(request.authority, {
    ...request,
    days: request.days ?? otherCertificateDays,
    subject: distinguishedName(ingestorCommonName(request.ingestor)),
    publicKey: new PublicKey(request.publicKey),
    extensions: endEntity(
      hosts(request).length > 0
        ? [ExtendedKeyUsage.clientAuth, ExtendedKeyUsage.serverAuth]
        : [ExtendedKeyUsage.clientAuth],
      [{ type: "url", value: ingestorUrn(request.ingestor) }, ...hosts(request)],
    ),
  });

/** For a broker, a database or the enrolment service. The first name is the common name as well. */
export const issueServerCertificate = (request: IssueRequest & ServerNames): Promise<string> =>
  signBy(request.authority, {
    ...request,
    days: request.days ?? otherCertificateDays,
    subject: distinguishedName((request.dnsNames[0] ?? request.ipAddresses[0] ?? "server").slice(0, 64)),
    publicKey: new PublicKey(request.publicKey),
    extensions: endEntity([ExtendedKeyUsage.serverAuth], hosts(request)),
  });

/** A new private key, PKCS #8. */
export function newKeyPem(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The SubjectPublicKeyInfo that belongs to a private key. */
export const publicKeyPemOf = (keyPem: string): string =>
  createPublicKey(createPrivateKey(keyPem)).export({ type: "spki", format: "pem" }).toString();

/** A request for a certificate (PKCS #10), signed by the key that it is for. The authority ignores the name in it. */
export async function newCsrPem(keyPem: string, name: string): Promise<string> {
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: distinguishedName(name),
    keys: { privateKey: await signingKeyOf(keyPem), publicKey: await verifyingKeyOf(keyPem) },
    signingAlgorithm: ecdsa,
  });
  return `${request.toString("pem")}\n`;
}

export interface CsrFault {
  readonly fault: "malformed" | "key-not-p256" | "signature-wrong";
}

/** A stranger's request: one PKCS #10, of a P-256 key that signed it. Gives the key, which is all that is taken of it. */
export async function verifyCsr(csrPem: string): Promise<Result<{ readonly publicKey: string }, CsrFault>> {
  if (csrPem.length > csrCharactersMax) return fail({ fault: "malformed" });
  const block =
    /^\s*-----BEGIN CERTIFICATE REQUEST-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE REQUEST-----\s*$/;
  const [, base64] = block.exec(csrPem) ?? [];
  if (base64 === undefined) return fail({ fault: "malformed" });
  try {
    const request = new Pkcs10CertificateRequest(Buffer.from(base64, "base64"));
    const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), type: "spki", format: "der" });
    if (key.asymmetricKeyType !== "ec" || key.asymmetricKeyDetails?.namedCurve !== "prime256v1") {
      return fail({ fault: "key-not-p256" });
    }
    // The request names how it is signed; what is not ECDSA with a sound hash proves nothing.
    const { success: isSound } = soundSignature.safeParse(request.signatureAlgorithm);
    if (!isSound || !(await request.verify())) return fail({ fault: "signature-wrong" });
    return ok({ publicKey: key.export({ type: "spki", format: "pem" }).toString() });
  } catch {
    return fail({ fault: "malformed" });
  }
}

const soundSignature = z.object({
  name: z.literal("ECDSA"),
  hash: z.object({ name: z.enum(["SHA-256", "SHA-384", "SHA-512"]) }),
});

/** A request of a P-256 key has some 500 characters. */
const csrCharactersMax = 4096;

export interface RevokedCertificate {
  /** Hexadecimal, as in the certificate. */
  readonly serial: string;
  readonly revokedAt: number;
}

export interface CrlRequest {
  /** Whose certificates they are. A peer that checks needs one list of each authority in the chain. */
  readonly authority: CertifiedKey;
  readonly revoked: readonly RevokedCertificate[];
  /** Greater than that of the list before. */
  readonly number: number;
  readonly now: number;
  /** After this, peers refuse every certificate of the authority until there is a new list. */
  readonly nextUpdate: number;
}

/** A list of revoked certificates, under the label that OpenSSL reads. */
export async function newCrlPem({ authority, revoked, number, now, nextUpdate }: CrlRequest): Promise<string> {
  const issuer = new X509Certificate(authority.cert);
  const list = await X509CrlGenerator.create({
    issuer: issuer.subjectName,
    thisUpdate: new Date(now - backdateMs),
    nextUpdate: new Date(nextUpdate),
    entries: revoked.map(({ serial, revokedAt }) => ({ serialNumber: serial, revocationDate: new Date(revokedAt) })),
    extensions: [
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      new Extension("2.5.29.20", false, derInteger(number)),
    ],
    signingAlgorithm: ecdsa,
    signingKey: await signingKeyOf(authority.key),
  });
  return `${PemConverter.encode(list.rawData, "X509 CRL")}\n`;
}

interface SignRequest {
  readonly subject: JsonName;
  readonly publicKey: PublicKey;
  readonly extensions: readonly Extension[];
}

async function signBy(
  authority: CertifiedKey,
  request: SignRequest & { readonly now: number; readonly days: number },
): Promise<string> {
  const issuer = new X509Certificate(authority.cert);
  const { notBefore, notAfter } = validity(request.now, request.days);
  return sign({
    ...request,
    issuer: issuer.subjectName.toJSON(),
    signingKey: authority.key,
    validity: { notBefore, notAfter: notAfter < issuer.notAfter ? notAfter : issuer.notAfter },
    extensions: [
      ...request.extensions,
      await SubjectKeyIdentifierExtension.create(request.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
}

interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const validity = (now: number, days: number): Validity => ({
  notBefore: new Date(now - backdateMs),
  notAfter: new Date(now + days * dayMs),
});

async function sign(
  request: SignRequest & { readonly issuer: JsonName; readonly signingKey: string; readonly validity: Validity },
): Promise<string> {
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: request.subject,
    issuer: request.issuer,
    ...request.validity,
    publicKey: request.publicKey,
    extensions: [...request.extensions],
    signingAlgorithm: ecdsa,
    signingKey: await signingKeyOf(request.signingKey),
  });
  return `${certificate.toString("pem")}\n`;
}

const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

const signingKeyOf = (keyPem: string): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey("pkcs8", createPrivateKey(keyPem).export({ type: "pkcs8", format: "der" }), ecdsa, true, [
    "sign",
  ]);

const verifyingKeyOf = (keyPem: string): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey(
    "spki",
    createPublicKey(createPrivateKey(keyPem)).export({ type: "spki", format: "der" }),
    ecdsa,
    true,
    ["verify"],
  );

const publicKeyOf = (keyPem: string): PublicKey => new PublicKey(publicKeyPemOf(keyPem));

const distinguishedName = (commonName: string): JsonName => [{ CN: [commonName] }];

const authorityUsage = (): KeyUsagesExtension =>
  new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true);

const endEntity = (usages: ExtendedKeyUsage[], names: JsonGeneralNames): readonly Extension[] => [
  new BasicConstraintsExtension(false, undefined, true),
  new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
  new ExtendedKeyUsageExtension(usages),
  new SubjectAlternativeNameExtension(names),
];

const hosts = ({ dnsNames, ipAddresses }: ServerNames): JsonGeneralNames => [
  ...dnsNames.map((value) => ({ type: "dns" as const, value })),
  ...ipAddresses.map((value) => ({ type: "ip" as const, value })),
];

/** 128 bits: positive, and never with a leading zero octet, which some readers write and others leave out. */
function newSerial(): string {
  const octets = randomBytes(16);
  octets.writeUInt8((octets.readUInt8(0) & 0x3f) | 0x40, 0);
  return octets.toString("hex");
}

/** A small natural number as ASN.1 has it. */
function derInteger(value: number): Uint8Array<ArrayBuffer> {
  const hex = BigInt(value).toString(16);
  const octets = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  const body = (octets[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.of(0), octets]) : octets;
  return new Uint8Array([0x02, body.length, ...body]);
}
