import type { FastifyInstance } from "fastify";
import type { Log } from "../../../device-drivers/ports/log.ts";
import { pageApp, type PageLimits } from "../../http/page-app.ts";
import type { PageTls } from "../../http/page-certificate.ts";
import { addApiRoutes, addLoginRoutes, type ApiParts } from "./api-routes.ts";
import { addHealthRoutes, type HealthParts } from "./health-routes.ts";
import { operatorErrors, operatorStatuses } from "./operator-error.ts";
import type { PageFile } from "./page-files.ts";

export interface ServerParts extends ApiParts, HealthParts {
  readonly files: ReadonlyMap<string, PageFile>;
  readonly tls: PageTls | null;
  readonly log: Log;
}

export const operatorLimits: PageLimits = {
  bodyBytesMax: 16_384,
  requestTimeoutMs: 5_000,
  connectionsMax: 256,
  requestsPerMinuteMax: 600,
};

/** The server of the operator's page, not listening yet: tests inject requests into it. */
export async function operatorServer(
  parts: ServerParts,
  limits: PageLimits = operatorLimits,
): Promise<FastifyInstance> {
  const app = await pageApp(
    {
      ...parts,
      name: "operator",
      statuses: operatorStatuses,
      failed: () => operatorErrors.make("operator-failed", "the page's server failed"),
    },
    limits,
  );
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
