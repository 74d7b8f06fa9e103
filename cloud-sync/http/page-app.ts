import { createServer } from "node:http";
import { createServer as createTlsServer, Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import fastify, { type FastifyInstance } from "fastify";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { answerOf, type AnswerRules } from "./error-answer.ts";
import { httpErrors } from "./http-error.ts";
import type { PageTls } from "./page-certificate.ts";
import type { PageGuards } from "./page-guards.ts";

export interface PageAppParts extends AnswerRules {
  /** In the log: `operator-request-failed`. */
  readonly name: "operator" | "kiosk";
  readonly guards: PageGuards;
  readonly tls: PageTls | null;
  readonly clock: Clock;
  readonly log: Log;
}

export interface PageLimits {
  readonly bodyBytesMax: number;
  readonly requestTimeoutMs: number;
  readonly connectionsMax: number;
  /** Of one address. */
  readonly requestsPerMinuteMax: number;
}

const headerBytesMax = 8_192;

/**
 * A server for pages of ours, without a route and not listening yet: what every page has in common. Each request is for
 * a name of ours, each answer may do nothing but what our own files do, nothing is kept by a browser, and everything that
 * a stranger could send without end has an end. Rejects with `page-certificate-unusable`.
 */
export async function pageApp(parts: PageAppParts, limits: PageLimits): Promise<FastifyInstance> {
  const app = newApp(parts, limits);
  app.setErrorHandler((error, _request, reply) => {
    const answer = answerOf(error, parts);
    if (answer.status >= 500) parts.log.error(`${parts.name}-request-failed`, { code: answer.body.error.code });
    return reply.code(answer.status).send(answer.body);
  });
  app.setNotFoundHandler(() => {
    throw httpErrors.make("not-here", "there is nothing under this address");
  });
  await app.register(helmet, helmetOptions(parts.tls !== null));
  app.addHook("onRequest", async (request, reply) => {
    void reply.headers(everyAnswer);
    parts.guards.host(request);
  });
  await app.register(rateLimit, {
    max: limits.requestsPerMinuteMax,
    timeWindow: 60_000,
    cache: 10_000,
    addHeaders: noHeaders,
    addHeadersOnExceeding: noHeaders,
    errorResponseBuilder: () => httpErrors.make("too-many-requests", "more requests than a page makes"),
  });
  return app;
}

function newApp(parts: PageAppParts, limits: PageLimits): FastifyInstance {
  const { tls } = parts;
  const { requestTimeoutMs: requestTimeout, connectionsMax } = limits;
  // Node looks for requests that are late every 30 seconds, unless it is told otherwise.
  const timing = { requestTimeout, headersTimeout: requestTimeout, connectionsCheckingInterval: 1_000 };
  const options = { ...timing, maxHeaderSize: headerBytesMax };
  const app = fastify({
    bodyLimit: limits.bodyBytesMax,
    routerOptions: { maxParamLength: 64 },
    forceCloseConnections: true,
    onProtoPoisoning: "error",
    onConstructorPoisoning: "error",
    clientErrorHandler: endBadRequest,
    // An address that cannot be decoded meets no hook and no handler of errors.
    frameworkErrors: (error, _request, { raw }) => {
      const { status, body } = answerOf(error, parts);
      raw.writeHead(status, { ...everyAnswer, "content-type": "application/json; charset=utf-8" });
      raw.end(JSON.stringify(body));
    },
    serverFactory: (handler) => {
      // What has not finished its handshake is no request yet, and TLS gives it two minutes, also when the page closes.
      const server =
        tls === null
          ? createServer(options, handler)
          : createTlsServer({ ...options, ...tls.start(), handshakeTimeout: requestTimeout }, handler);
      server.maxConnections = connectionsMax;
      return server;
    },
  });
  app.removeContentTypeParser("text/plain");
  if (tls !== null) followRenewals(app, { ...parts, tls });
  return app;
}

/** From when the page listens until it is closed. */
function followRenewals(
  app: FastifyInstance,
  { tls, ...parts }: Pick<PageAppParts, "name" | "clock" | "log"> & { readonly tls: PageTls },
): void {
  const { server } = app;
  const stopping = new AbortController();
  app.addHook("onListen", () => {
    if (server instanceof TlsServer) void tls.follow(server, { ...parts, signal: stopping.signal });
  });
  app.addHook("preClose", async () => stopping.abort());
}

/** What is no HTTP, has no end or too much of a beginning. */
function endBadRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const line = clientFaults[error.code ?? ""] ?? "400 Bad Request";
  if (socket.writable) socket.write(`HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  socket.destroy();
}

const clientFaults: Readonly<Partial<Record<string, string>>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Nothing is kept, and no page of ours has a use for what a browser can reach of its machine. */
const everyAnswer = {
  "cache-control": "no-store",
  "permissions-policy": [
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "serial",
    "usb",
  ]
    .map((feature) => `${feature}=()`)
    .join(", "),
};

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
      trustedTypes: ["'none'"],
    },
  },
  frameguard: { action: "deny" },
  referrerPolicy: { policy: "no-referrer" },
  crossOriginEmbedderPolicy: true,
  hsts: isTls ? { maxAge: 31_536_000, includeSubDomains: false } : false,
});
