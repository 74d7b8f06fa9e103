import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { LoginSession } from "../../../cloud-sync/http/login.ts";
import { readBy } from "../../../cloud-sync/http/page-guards.ts";
import type { Visit } from "../visit-desk.ts";
import type { KioskAccess } from "./kiosk-access.ts";
import { kioskHttpErrors } from "./kiosk-http-error.ts";
import type { Operation } from "./operations.ts";

/** What a handler is called with beside the body. */
export interface Call {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export type Handler<Body, Answer> = (body: Body, call: Call) => Answer | Promise<Answer>;

/** Adds what an operation says: its path, its guards and its body. The handler does the rest. */
export function addOperation<Body, Answer>(
  { app, access }: { readonly app: FastifyInstance; readonly access: KioskAccess },
  { method, path: url, who, body: schema, type }: Operation<Body, Answer>,
  handle: Handler<Body, Answer>,
): void {
  app.route({
    method,
    url,
    exposeHeadRoute: false,
    onRequest: async (request, reply) => {
      access.origin(request);
      access.clearStale(request, reply);
      if (who === "visitor") visitOf(access, request);
      if (who === "staff") access.staffAtWork(request);
      if (method !== "GET") access.csrf(request);
    },
    handler: async (request, reply) => {
      // Some clients send null where there is nothing to send.
      const answer = await handle(readBy(schema, request.body ?? undefined), { request, reply });
      if (reply.sent) return reply;
      return reply.type(type).send(type === "application/json" ? JSON.stringify(answer) : answer);
    },
  });
}

export function visitOf(access: KioskAccess, request: FastifyRequest): Visit {
  const visit = access.visit(request);
  if (visit === null) throw kioskHttpErrors.make("visit-needed", "this screen has no visit");
  return visit;
}

export function staffOf(access: KioskAccess, request: FastifyRequest): LoginSession {
  const session = access.staff(request);
  if (session === null) throw kioskHttpErrors.make("staff-needed", "nobody has signed in on this screen");
  return session;
}
