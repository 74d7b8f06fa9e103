import type { Socket } from "node:net";
import type { GatewayAsks } from "../../cloud-sync/ingest/gateway-asks.ts";
import type { IngestHandle } from "../../cloud-sync/ingest/start-ingest.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { BoundedLines } from "../radio/bounded-lines.ts";
import { failureOf } from "./control-failure.ts";
import { parseControl } from "./control-protocol.ts";
import { ingestControlErrors } from "./ingest-control-error.ts";
import {
  type IngestAnswer,
  ingestControlVersion as v,
  ingestRequest,
  type IngestRequest,
  ingestRequestBytesMax,
  type IngestResult,
  remainingToldMax,
} from "./ingest-protocol.ts";
import { servePrivateSocket } from "./private-socket.ts";

/** What a command may ask of an ingestor that runs. */
export interface IngestServices extends Pick<IngestHandle, "homes" | "deadLetters"> {
  readonly asks: Pick<GatewayAsks, "supportBundle">;
}

export interface IngestControl extends IngestServices {
  readonly path: string;
  readonly log: Log;
}

/** More than asks that may be open at once, so that whoever is one too many is told so. */
const visitorsMax = 32;

/** Serves the control socket of an ingestor until the signal. Where none can be made, the ingestor works without. */
export function serveIngestControl(control: IngestControl, signal: AbortSignal): Promise<void> {
  const { path, log } = control;
  const failed = (cause: unknown): void => {
    const { code, remedy } = ingestControlErrors.make("ingestor-socket-unavailable", "no socket", { cause });
    log.warn("ingest-control-unavailable", { code, reason: remedy });
  };
  return servePrivateSocket({ path, visitorsMax, meet: (socket) => meet(control, socket), failed }, signal);
}

/** A connection asks once. Whoever breaks the protocol cannot be told in it. */
function meet(services: IngestServices, socket: Socket): void {
  const lines = new BoundedLines(ingestRequestBytesMax);
  let isAsked = false;
  // An error is followed by the end of this visit.
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    const [line, ...more] = lines.push(chunk) ?? [""];
    if (line === undefined) return;
    const request = parseControl(ingestRequest, line);
    if (isAsked || request === null || more.length > 0) {
      socket.destroy();
      return;
    }
    isAsked = true;
    void answer(services, request).then((told) => socket.end(`${JSON.stringify(told)}\n`));
  });
}

async function answer(services: IngestServices, request: IngestRequest): Promise<IngestAnswer> {
  try {
    return { v, ok: true, result: await perform(services, request) };
  } catch (error) {
    const failure = failureOf(error, (cause) => ingestControlErrors.make("ingestor-failed", "it failed", { cause }));
    return { v, ok: false, failure };
  }
}

async function perform({ homes, deadLetters, asks }: IngestServices, request: IngestRequest): Promise<IngestResult> {
  switch (request.op) {
    case "set-homes":
      return { op: request.op, changed: await homes.setHomes(request.homes) };
    case "remove-homes":
      return { op: request.op, changed: await homes.removeHomes(request.people) };
    case "replay": {
      const { ids } = request;
      const report = await deadLetters.replay(ids === undefined ? {} : { ids });
      return { op: request.op, ...report, remaining: report.remaining.slice(0, remainingToldMax) };
    }
    case "support-bundle":
      return { op: request.op, text: await asks.supportBundle(request.gateway) };
    default:
      return request satisfies never;
  }
}
