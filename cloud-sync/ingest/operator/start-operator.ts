import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { Log } from "../../../device-drivers/ports/log.ts";
import { isEveryAddress, isLoopbackAddress, ownNames, pageUrl } from "../../http/loopback.ts";
import type { PageTls } from "../../http/page-certificate.ts";
import { newToken } from "../../http/secret-text.ts";
import type { IngestHandle } from "../start-ingest.ts";
import type { IngestWatch } from "./ingest-watch.ts";
import { operatorErrors } from "./operator-error.ts";
import { operatorLogin } from "./operator-login.ts";
import { operatorServer } from "./operator-server.ts";
import { readPageFiles } from "./page-files.ts";
import { readPasswordFile } from "./password-file.ts";
import { requestGuards } from "./request-guards.ts";
import { watchSink } from "./sink-watch.ts";

export interface OperatorOptions {
  readonly host: string;
  /** 0 takes any port that is free. */
  readonly port: number;
  /** Other names by which the page is reached. */
  readonly names: readonly string[];
  readonly tls: PageTls | null;
  /** The text of the password file; null where nobody has to log in, which only loopback may do. */
  readonly passwords: string | null;
  /** What Prometheus has to bring. Null: nothing on loopback, and elsewhere there are no metrics. */
  readonly metricsToken: string | null;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OperatorHandle {
  readonly url: string;
  /** Idempotent. */
  stop(): Promise<void>;
}

/**
 * Serves the operator's page, its API, and what machines ask of an ingestor that runs. Rejects with `operator-open`,
 * `operator-listen-failed`, `operator-password-file-invalid` or `page-certificate-unusable`.
 */
export async function startOperator(
  handle: IngestHandle,
  watch: IngestWatch,
  options: OperatorOptions,
): Promise<OperatorHandle> {
  const { host, port, names, tls, passwords, metricsToken, clock, log } = options;
  const isLocal = isLoopbackAddress(host);
  if (!isLocal && (tls === null || passwords === null)) {
    throw operatorErrors.make("operator-open", `${host} is reached from other machines`);
  }
  const login = passwords === null ? null : operatorLogin(readPasswordFile(passwords), clock);
  const guards = requestGuards({
    names: [...ownNames(host), ...names],
    login,
    isTls: tls !== null,
    isEverywhere: isEveryAddress(host),
  });
  const sink = watchSink(handle.deadLetters, clock, () => watch.isCommitFailing());
  const files = await readPageFiles();
  // Without a token, nobody from outside has the right one.
  const scrapeToken = metricsToken ?? (isLocal ? null : newToken());
  const parts = { ...options, handle, watch, sink, guards, login, files, metricsToken: scrapeToken };
  const app = await operatorServer(parts);
  const stopping = new AbortController();
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    throw operatorErrors.make("operator-listen-failed", `cannot listen on ${host} port ${port}`, { cause });
  }
  const watching = sink.run(stopping.signal);
  const address = app.server.address();
  const bound = address !== null && typeof address === "object" ? address.port : port;
  log.info("operator-listening", { host, port: bound });
  return {
    url: pageUrl({ isTls: tls !== null, host, port: bound }),
    async stop() {
      stopping.abort();
      await app.close();
      await watching;
    },
  };
}
