import type { FastifyInstance } from "fastify";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { isSameSecret } from "../../http/secret-text.ts";
import type { IngestHandle } from "../start-ingest.ts";
import type { IngestWatch } from "./ingest-watch.ts";
import { operatorErrors } from "./operator-error.ts";
import type { SinkWatch } from "./sink-watch.ts";

export interface HealthParts {
  readonly handle: IngestHandle;
  readonly watch: IngestWatch;
  readonly sink: SinkWatch;
  readonly clock: Clock;
  /** Who scrapes must bring it; null where only this machine can ask. */
  readonly metricsToken: string | null;
}

/** For machines: is it alive, does it take readings, and how much of what. Nothing of any gateway. */
export function addHealthRoutes(app: FastifyInstance, parts: HealthParts): void {
  const { handle, watch, sink, clock, metricsToken } = parts;

  app.get("/healthz", () => ({ status: "alive" }));

  app.get("/readyz", (_request, reply) => {
    const isSinkUp = sink.answer().state !== "down";
    const { isSourceUp } = handle.counts();
    const isReady = isSinkUp && isSourceUp;
    void reply.code(isReady ? 200 : 503);
    return { status: isReady ? "ready" : "not-ready", sink: isSinkUp, source: isSourceUp };
  });

  app.get("/metrics", async ({ headers }, reply) => {
    const given = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(headers.authorization ?? "")?.[1] ?? "";
    if (metricsToken !== null && !isSameSecret(given, metricsToken)) {
      void reply.header("www-authenticate", "Bearer");
      throw operatorErrors.make("token-refused", "the token is missing or wrong");
    }
    void reply.type(watch.metrics.contentType);
    return await watch.metrics.text({
      counts: handle.counts(),
      census: watch.fleet.census(clock.now()),
      sink: sink.answer(),
      underWay: watch.underWay(),
    });
  });
}
