import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import fastify, { type FastifyInstance } from "fastify";
import { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import type { Log } from "../../../device-drivers/ports/log.ts";
import { addApiRoutes, addLoginRoutes, type ApiParts } from "./api-routes.ts";
import type { ErrorAnswer } from "./fleet-api.ts";
import { addHealthRoutes, type HealthParts } from "./health-routes.ts";
import { operatorErrors, statusOf } from "./operator-error.ts";
import type { PageFile } from "./page-files.ts";

export interface ServerParts extends ApiParts, HealthParts {
  readonly files: ReadonlyMap<string, PageFile>;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly log: Log;
}

export interface OperatorLimits {
  readonly bodyBytesMax: number;
  readonly requestTimeoutMs: number;
  readonly connectionsMax: number;
  readonly requestsPerMinuteMax: number;
}

export const operatorLimits: OperatorLimits = {
  bodyBytesMax: 16_384,
  requestTimeoutMs: 5_000,
  connectionsMax: 256,
  requestsPerMinuteMax: 600,
};

/** The server of the operator's page, not listening yet: tests inject requests into it. */
export async function operatorServer(
  parts: ServerParts,
  limits: OperatorLimits = operatorLimits,
): Promise<FastifyInstance> {
  const app = newApp(parts, limits);
  app.setErrorHandler((error, _request, reply) => {
    const answer = answerOf(error);
    if (answer.status >= 500) parts.log.error("operator-request-failed", { code: answer.body.error.code });
    return reply.code(answer.status).send(answer.body);
  });
  app.setNotFoundHandler(() => {
    throw operatorErrors.make("not-here", "there is nothing under this address");
  });
  app.addHook("onRequest", async (request, reply) => {
    void reply.header("cache-control", "no-store");
    parts.guards.host(request);
  });
  await app.register(helmet, helmetOptions(parts.tls !== null));
  await app.register(rateLimit, {
    max: limits.requestsPerMinuteMax,
    timeWindow: 60_000,
    cache: 10_000,
    addHeaders: noHeaders,
    addHeadersOnExceeding: noHeaders,
    errorResponseBuilder: () => operatorErrors.make("too-many-requests", "more requests than a page makes"),
  });
  await app.register(async (plain) => {
    addHealthRoutes(plain, parts);
    for (const [path, { type, body }] of parts.files) plain.get(path, (_request, reply) => reply.type(type).send(body));
  });
  await app.register(async (api) => {
    api.addHook("onRequest", async (request) => parts.guards.origin(request));
    addLoginRoutes(api, parts);
    await api.register(async (own) => {
      own.addHook("onRequest", async (request) => void parts.guards.session(request));
      addApiRoutes(own, parts);
    });
  });
  return app;
}

function newApp({ tls }: ServerParts, limits: OperatorLimits): FastifyInstance {
  const { requestTimeoutMs: requestTimeout, connectionsMax } = limits;
  // Node looks for requests that are late every 30 seconds, unless it is told otherwise.
  const timing = { requestTimeout, headersTimeout: requestTimeout, connectionsCheckingInterval: 1_000 };
  return fastify({
    bodyLimit: limits.bodyBytesMax,
    routerOptions: { maxParamLength: 64 },
    forceCloseConnections: true,
    onProtoPoisoning: "error",
    onConstructorPoisoning: "error",
    serverFactory: (handler) => {
      const server =
        tls === null
          ? createServer(timing, handler)
          : createTlsServer({ ...timing, ...tls, minVersion: "TLSv1.2" }, handler);
      server.maxConnections = connectionsMax;
      return server;
    },
  });
}

const noHeaders = { "x-ratelimit-limit": false, "x-ratelimit-remaining": false, "x-ratelimit-reset": false };

const helmetOptions = (isTls: boolean): Parameters<typeof helmet>[1] => ({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
    },
  },
  frameguard: { action: "deny" },
  referrerPolicy: { policy: "no-referrer" },
  crossOriginEmbedderPolicy: true,
  hsts: isTls ? { maxAge: 31_536_000, includeSubDomains: false } : false,
});

interface Answer {
  readonly status: number;
  readonly body: ErrorAnswer;
}

/** What we know is told with its remedy; what the framework refuses, in our words; the rest is nobody's business. */
function answerOf(error: unknown): Answer {
  if (error instanceof CarepostError) {
    const { code, message, remedy } = error;
    return { status: statusOf[code] ?? 500, body: { error: { code, message, remedy } } };
  }
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : null;
  const isRefusal = typeof status === "number" && status >= 400 && status < 500;
  const told = isRefusal
    ? operatorErrors.make("request-invalid", "the request is malformed")
    : operatorErrors.make("operator-failed", "the page's server failed");
  const { code, message, remedy } = told;
  return { status: isRefusal ? status : 500, body: { error: { code, message, remedy } } };
}
