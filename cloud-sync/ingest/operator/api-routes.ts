import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { gatewayId } from "../../contract/reading.ts";
import { httpErrors } from "../../http/http-error.ts";
import type { Login } from "../../http/login.ts";
import { readBy } from "../../http/page-guards.ts";
import { loginName } from "../../http/secret-line.ts";
import type { IngestHandle } from "../start-ingest.ts";
import { conditions } from "./conditions.ts";
import { deadLetterGroups } from "./dead-letter-groups.ts";
import type { FleetAnswer, ReplayAnswer, SessionAnswer } from "./fleet-api.ts";
import type { IngestWatch } from "./ingest-watch.ts";
import { passwordCharsMax } from "./password-file.ts";
import type { RequestGuards } from "./request-guards.ts";
import type { SinkWatch } from "./sink-watch.ts";

export interface ApiParts {
  readonly handle: IngestHandle;
  readonly watch: IngestWatch;
  readonly sink: SinkWatch;
  readonly guards: RequestGuards;
  readonly login: Login | null;
  readonly clock: Clock;
  readonly version: string;
}

const orders = ["attention", "gateway", "heard", "backlog", "readings"] as const;

const gatewaysQuery = z.strictObject({
  search: z.string().max(64).default(""),
  condition: z
    .enum(conditions.map(({ name }) => name))
    .nullable()
    .default(null),
  order: z.enum(orders).default("attention"),
  offset: z.coerce.number().pipe(z.int().min(0).max(10_000_000)).default(0),
  limit: z.coerce.number().pipe(z.int().min(1).max(200)).default(50),
});

const replayBody = z.union([
  z.strictObject({ ids: z.array(z.int().min(1)).min(1).max(1_000) }),
  z.strictObject({ code: z.string().regex(/^[a-z][a-z-]{0,63}$/) }),
]);

const nothing = z.strictObject({});

/** The JSON that the page lives on: see `fleet-api.ts`. All of it wants a session, where there are sessions. */
export function addApiRoutes(app: FastifyInstance, parts: ApiParts): void {
  const { handle, watch, sink, guards, clock } = parts;
  const groups = deadLetterGroups(handle.deadLetters, clock);

  app.get("/api/fleet", ({ query }): FleetAnswer => {
    readBy(nothing, query);
    const now = clock.now();
    const { connections, refused, shed } = handle.counts();
    return {
      now,
      since: watch.fleet.since,
      ...watch.fleet.census(now),
      traffic: watch.traffic.answer(now),
      connections,
      refused,
      shed,
      underWay: watch.underWay(),
      sink: sink.answer(),
    };
  });

  app.get("/api/gateways", ({ query }) => watch.fleet.list(readBy(gatewaysQuery, query), clock.now()));

  app.get("/api/gateways/:id", ({ params }) => {
    const { id } = readBy(z.strictObject({ id: gatewayId }), params);
    const found = watch.fleet.gateway(id, clock.now());
    if (found === null) throw httpErrors.make("not-here", "nothing is known of this gateway since the start");
    return found;
  });

  app.post("/api/gateways/:id/support-bundle", async (request, reply) => {
    guards.csrf(request);
    const { id } = readBy(z.strictObject({ id: gatewayId }), request.params);
    readBy(nothing, request.body);
    const text = await handle.asks.supportBundle(id);
    return reply.type("application/json; charset=utf-8").send(text);
  });

  app.get("/api/dead-letters", ({ query }) => {
    readBy(nothing, query);
    return groups();
  });

  const replay = async (body: unknown): Promise<ReplayAnswer> => {
    const report = await handle.deadLetters.replay(readBy(replayBody, body));
    await Promise.all([groups(true), sink.look()]);
    return { ...report, remaining: report.remaining.length };
  };

  app.post("/api/dead-letters/replay", (request) => {
    guards.csrf(request);
    return replay(request.body);
  });
}

const loginBody = z.strictObject({
  name: z.string().regex(loginName),
  password: z.string().min(1).max(passwordCharsMax),
});

/** The way in, which is open to everybody. */
export function addLoginRoutes(app: FastifyInstance, { guards, login, version }: ApiParts): void {
  app.get("/api/session", (request): SessionAnswer => {
    const answer = { version, needsLogin: guards.needsLogin };
    try {
      const { user, csrfToken } = guards.session(request);
      return { ...answer, user: guards.needsLogin ? user : null, csrfToken };
    } catch (error) {
      if (!httpErrors.is(error, "login-needed")) throw error;
      return { ...answer, user: null, csrfToken: null };
    }
  });

  const logIn = async (request: FastifyRequest, reply: FastifyReply): Promise<object> => {
    const { name, password } = readBy(loginBody, request.body);
    if (login === null) throw httpErrors.make("not-here", "nobody has to log in here");
    guards.cookie.set(reply, await login.attempt(name, password, request.ip));
    return {};
  };
  app.post("/api/login", (request, reply) => logIn(request, reply));

  app.post("/api/logout", (request, reply) => {
    guards.csrf(request);
    const secret = guards.cookie.read(request);
    if (secret !== null) login?.end(secret);
    guards.cookie.clear(reply);
    return {};
  });
}
