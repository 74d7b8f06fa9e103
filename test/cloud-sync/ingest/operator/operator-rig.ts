import { onTestFinished } from "vitest";
import type { FastifyInstance } from "fastify";
import { operatorLogin } from "../../../../cloud-sync/ingest/operator/operator-login.ts";
import { operatorLimits, operatorServer } from "../../../../cloud-sync/ingest/operator/operator-server.ts";
import { type PageFile, pageFiles } from "../../../../cloud-sync/ingest/operator/page-files.ts";
import { passwordLine, readPasswordFile } from "../../../../cloud-sync/ingest/operator/password-file.ts";
import { requestGuards } from "../../../../cloud-sync/ingest/operator/request-guards.ts";
import { watchSink } from "../../../../cloud-sync/ingest/operator/sink-watch.ts";
import { type KeptLog, keptLog } from "../../../doubles/kept-log.ts";
import { type SimulatedIngest, simulatedIngest } from "../../../doubles/simulated-operator.ts";

export interface OperatorRig extends SimulatedIngest {
  readonly app: FastifyInstance;
  readonly log: KeptLog;
  /** Asks the sink how it is, as the server does now and then. */
  readonly lookAtSink: () => Promise<void>;
}

export interface RigOptions {
  readonly hasLogin?: boolean;
  readonly isTls?: boolean;
  readonly metricsToken?: string | null;
  readonly requestsPerMinuteMax?: number;
}

export const password = "correct horse battery";

/** The server of the page, without a port: requests are injected into it. */
export async function operatorRig(options: RigOptions = {}): Promise<OperatorRig> {
  const { hasLogin = false, isTls = false, metricsToken = null, requestsPerMinuteMax = 100_000 } = options;
  const ingest = simulatedIngest();
  const { clock, watch, handle } = ingest;
  const log = keptLog();
  const login = hasLogin ? operatorLogin(readPasswordFile(await passwordLine("ops", password)), clock) : null;
  const guards = requestGuards({ names: ["127.0.0.1", "::1", "localhost", "fleet.example.org"], login, isTls });
  const sink = watchSink(handle.deadLetters, clock, () => watch.isCommitFailing());
  const files: ReadonlyMap<string, PageFile> = await pageFiles();
  const parts = { handle, watch, sink, guards, login, clock, version: "0.0.0", files, tls: null, log, metricsToken };
  const app = await operatorServer(parts, { ...operatorLimits, requestsPerMinuteMax });
  onTestFinished(() => app.close());
  return { ...ingest, app, log, lookAtSink: () => sink.look() };
}

export const own = { host: "127.0.0.1:9464", origin: "http://127.0.0.1:9464" };
