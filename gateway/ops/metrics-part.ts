import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Log } from "../../device-drivers/ports/log.ts";
import type { Part } from "../run-parts.ts";
import type { GatewayMetrics, MetricSources } from "./metrics.ts";

export interface MetricsAddress {
  /** Loopback: whoever scrapes from elsewhere comes through something that knows who it is. */
  readonly host: string;
  readonly port: number;
}

/**
 * `GET /metrics` on this machine, while the gateway runs. That it cannot listen is told and stops nothing: a gateway
 * without metrics still collects.
 */
export function metricsPart(
  metrics: GatewayMetrics,
  { host, port }: MetricsAddress,
  { log, onListening }: { readonly log: Log; readonly onListening?: (port: number) => void },
): (sources: MetricSources) => Part {
  return (sources) => ({
    name: "metrics",
    run: async (signal) => {
      const server = createServer(
        timing,
        (request, response) => void answer(request, response, { metrics, sources, log }),
      );
      server.maxConnections = 16;
      const stopped = once(signal, "abort");
      server.on("error", (error) => {
        const reason = "code" in error && typeof error.code === "string" ? error.code : "unknown";
        log.error("metrics-not-listening", { reason, host, port });
      });
      server.listen({ host, port, exclusive: true }, () => {
        const bound = portOf(server) ?? port;
        log.info("metrics-listening", { host, port: bound });
        onListening?.(bound);
      });
      if (!signal.aborted) await stopped;
      server.closeAllConnections();
      server.close();
    },
  });
}

const timing = {
  requestTimeout: 5_000,
  headersTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 4_096,
};

interface AnswerPorts {
  readonly metrics: GatewayMetrics;
  readonly sources: MetricSources;
  readonly log: Log;
}

async function answer(
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
  { metrics, sources, log }: AnswerPorts,
): Promise<void> {
  const end = (status: number, body: string, type = "text/plain; charset=utf-8"): void => {
    const head = { "content-type": type, "cache-control": "no-store", "x-content-type-options": "nosniff" };
    response.writeHead(status, head).end(method === "HEAD" ? "" : body);
  };
  // A page of a stranger whose name points to this machine would reach us by that name.
  if (!/^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]|localhost)(?::\d{1,5})?$/i.test(headers.host ?? "")) {
    return end(421, "not a name of this machine\n");
  }
  if (url !== "/metrics") return end(404, "there is /metrics here\n");
  if (method !== "GET" && method !== "HEAD") return end(405, "there is only something to read here\n");
  try {
    end(200, await metrics.text(sources), metrics.contentType);
  } catch {
    log.warn("metrics-failed");
    end(503, "the store does not answer\n");
  }
}

function portOf(server: Server): number | null {
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : null;
}
