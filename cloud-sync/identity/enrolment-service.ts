import type { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { TLSSocket } from "node:tls";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Result } from "../../device-drivers/kit/result.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { boundPerAddress } from "./address-bound.ts";
import type { Authority, Issued, Refusal } from "./authority.ts";
import { issueServerCertificate, newKeyPem, publicKeyPemOf, type ServerNames } from "./certificates.ts";
import { crlPath, enrolPath, enrolRequest, renewPath, renewRequest, requestBytesMax } from "./enrolment-contract.ts";
import { refusals, type RefusalCode } from "./enrolment-refusal.ts";
import { identityErrors } from "./identity-error.ts";

export interface ServiceOptions extends ServerNames {
  readonly authority: Authority;
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** From one address, of each kind of request. */
  readonly requestsPerMinuteMax: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface EnrolmentService {
  readonly port: number;
  /** How often each thing happened: `enrolled`, `renewed`, `tls-failed`, `too-many-connections`, and each refusal by its code. */
  counts(): Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

const maintenanceMs = 60_000;
const serverCertificateDays = 7;
const serverRenewalMs = 86_400_000;
const connectionsMax = 1000;
/** Of one address. A request takes a moment, so this is plenty also for a site of many gateways behind one. */
const connectionsPerAddressMax = 100;
const handshakeTimeoutMs = 10_000;

/**
 * Serves enrolment and renewal over TLS, with a certificate of the authority whose key never leaves the process, and
 * keeps the list of the revoked fresh. A client's certificate is judged by the register and not by its dates, because an
 * expired one may still be renewed; that it is the client's own, TLS has proved.
 *
 * @throws CarepostError `enrolment-listen-failed`
 */
export async function startEnrolmentService(options: ServiceOptions): Promise<EnrolmentService> {
  const { authority, clock, log } = options;
  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  const desk: Desk = { ...options, count, mayTellOfFlood: onceIn(floodToldMs, clock) };
  await authority.maintain();
  const secret = await newSecret(options);
  const server = fastify({
    https: {
      key: secret.key,
      cert: secret.cert,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
      handshakeTimeout: handshakeTimeoutMs,
    },
    bodyLimit: requestBytesMax,
    requestTimeout: 15_000,
    connectionTimeout: 30_000,
    keepAliveTimeout: 5_000,
    forceCloseConnections: true,
    logger: false,
  });
  server.server.maxConnections = connectionsMax;
  server.server.on("tlsClientError", () => desk.count("tls-failed"));
  const endConnections = boundPerAddress(server.server, {
    connectionsMax: connectionsPerAddressMax,
    onRefused: () => desk.count("too-many-connections"),
  });
  await server.register(helmet);
  await server.register(rateLimit, { max: options.requestsPerMinuteMax, timeWindow: 60_000 });
  addErrors(server, desk);
  addRoutes(server, desk);
  await listen(server, options);
  const stopping = new AbortController();
  const renewSecret = async (): Promise<Secret> => {
    const next = await newSecret(options);
    server.server.setSecureContext({ key: next.key, cert: next.cert });
    return next;
  };
  const upkeep = maintain(stopping.signal, { clock, log, authority }, { secret, renewSecret });
  const address = server.server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    counts: () => Object.fromEntries(counts),
    stop: async () => {
      stopping.abort();
      const closed = server.close();
      endConnections();
      await closed;
      await upkeep;
    },
  };
}

async function listen(server: FastifyInstance, { host, port }: ServiceOptions): Promise<void> {
  try {
    await server.listen({ host, port });
  } catch (cause) {
    await server.close();
    throw identityErrors.make("enrolment-listen-failed", `cannot listen on ${host} port ${port}`, { cause });
  }
}

interface Desk extends ServiceOptions {
  readonly count: (what: string) => void;
  /** Requests that are too many are counted, and told once a minute: a line for each would fill the disk. */
  readonly mayTellOfFlood: () => boolean;
}

const floodToldMs = 60_000;

function onceIn(intervalMs: number, clock: Clock): () => boolean {
  let toldMs = Number.NEGATIVE_INFINITY;
  return () => {
    const isDue = clock.monotonicMs() - toldMs >= intervalMs;
    if (isDue) toldMs = clock.monotonicMs();
    return isDue;
  };
}

function addRoutes(server: FastifyInstance, desk: Desk): void {
  const { authority } = desk;
  server.post(enrolPath, async (request, reply) => {
    const body = bodyOf(enrolRequest, request);
    if (body === null) return await refuse(desk, reply, malformed);
    const outcome = await authority.enrol({ ...body, gateway: body.gateway ?? null });
    return await answer(desk, reply, { outcome, what: "enrolled" });
  });
  server.post(renewPath, async (request, reply) => {
    const certificate = clientCertificate(request);
    if (certificate === null) return await refuse(desk, reply, withoutCertificate);
    const body = bodyOf(renewRequest, request);
    if (body === null) return await refuse(desk, reply, malformed);
    const outcome = await authority.renew({ pem: certificate.toString(), csr: body.csr });
    return await answer(desk, reply, { outcome, what: "renewed" });
  });
  server.get(crlPath, async (_request, reply) => {
    await reply.type("application/x-pem-file").send(await readFile(authority.listPath, "utf8"));
  });
}

const malformed: Verdict = { code: "request-malformed", reason: "malformed", gateway: null };
const withoutCertificate: Verdict = { code: "certificate-required", reason: "no-certificate", gateway: null };

/** Whatever else goes wrong: what the framework refuses by itself, and what fails here. */
function addErrors(server: FastifyInstance, desk: Desk): void {
  server.setNotFoundHandler((_request, reply) =>
    refuse(desk, reply, { code: "not-found", reason: "path", gateway: null }),
  );
  server.setErrorHandler(async (error, _request, reply) => {
    const status = typeof error === "object" && error !== null && "statusCode" in error ? error.statusCode : 500;
    const code = codesByStatus.get(Number(status)) ?? (Number(status) < 500 ? "request-malformed" : "service-failed");
    const reason = code === "service-failed" ? nameOfFault(error) : code;
    await refuse(desk, reply, { code, reason, gateway: null });
  });
}

/** The system's or the database's own code, such as `ENOSPC`. A message may quote what was sent. */
function nameOfFault(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

const codesByStatus: ReadonlyMap<number, RefusalCode> = new Map([
  [413, "body-too-large"],
  [429, "too-many-requests"],
]);

interface Outcome {
  readonly outcome: Result<Issued, Refusal>;
  readonly what: "enrolled" | "renewed";
}

async function answer(desk: Desk, reply: FastifyReply, { outcome, what }: Outcome): Promise<void> {
  if (!outcome.ok) return await refuse(desk, reply, outcome.error);
  desk.count(what);
  desk.log.info(`gateway-${what}`, { gateway: outcome.value.gateway });
  await reply.send({ ...outcome.value, at: desk.clock.now() });
}

type Verdict = Omit<Refusal, "code"> & { readonly code: RefusalCode };

async function refuse(desk: Desk, reply: FastifyReply, { code, reason, gateway }: Verdict): Promise<void> {
  const { status, message } = refusals[code];
  desk.count(code);
  if (code !== "too-many-requests" || desk.mayTellOfFlood())
    desk.log.warn("identity-refused", { code, reason, gateway });
  await reply.code(status).send({ error: { code, message } });
}

const bodyOf = <T>(schema: z.ZodType<T>, { body }: FastifyRequest): T | null => schema.safeParse(body).data ?? null;

function clientCertificate({ raw }: FastifyRequest): X509Certificate | null {
  const { socket } = raw;
  return socket instanceof TLSSocket ? (socket.getPeerX509Certificate() ?? null) : null;
}

interface Secret {
  readonly key: string;
  readonly cert: string;
  /** By the authority's clock, in milliseconds since 1970. */
  readonly madeAt: number;
}

/** The root is sent along, so that a gateway which knows no more than its fingerprint can recognise it. */
async function newSecret({ authority, clock, dnsNames, ipAddresses }: ServiceOptions): Promise<Secret> {
  const key = newKeyPem();
  const { issuing, root } = authority.files;
  const now = clock.now();
  const cert = await issueServerCertificate({
    authority: issuing,
    publicKey: publicKeyPemOf(key),
    now,
    days: serverCertificateDays,
    dnsNames,
    ipAddresses,
  });
  return { key, cert: cert + issuing.cert + root, madeAt: now };
}

interface Served {
  readonly secret: Secret;
  readonly renewSecret: () => Promise<Secret>;
}

async function maintain(
  signal: AbortSignal,
  { clock, log, authority }: Pick<ServiceOptions, "clock" | "log" | "authority">,
  { secret, renewSecret }: Served,
): Promise<void> {
  let { madeAt } = secret;
  while (!signal.aborted) {
    await clock.sleep(maintenanceMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      // By the time of day: after a clock was set, a certificate may have expired, or not have begun, that was just made.
      const isOfToday = clock.now() >= madeAt && clock.now() - madeAt < serverRenewalMs;
      if (!isOfToday) ({ madeAt } = await renewSecret());
      await authority.maintain();
    } catch (error) {
      // The list is good for a month and the certificate for a week: the next minute will do.
      log.error("authority-upkeep-failed", { reason: error instanceof Error ? error.message : String(error) });
    }
  }
}
