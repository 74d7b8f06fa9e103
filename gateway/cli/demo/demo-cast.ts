import { join } from "node:path";
import { z } from "zod";
import type { SinkReader } from "../../../cloud-sync/ingest/sink.ts";
import { openSinkReader } from "../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { systemClock } from "../../system-clock.ts";
import { parsedLine } from "./demo-events.ts";
import { type DemoProcess, startDemoProcess } from "./demo-process.ts";
import { DemoSite, type SiteOptions } from "./demo-site.ts";

export interface CastOptions {
  readonly folder: string;
  /** Each with a gateway; all deliver to one broker. */
  readonly sites: readonly SitePlan[];
}

export type SitePlan = Omit<SiteOptions, "folder" | "onFailure">;

/** The demo's processes: the sites, and the broker with its ingestor; and a look into every database. */
export class DemoCast {
  readonly sites: readonly DemoSite[];
  readonly #folder: string;
  readonly #failures = Promise.withResolvers<never>();
  #ingest: DemoProcess | null = null;
  #port = 0;
  #sink: SinkReader | null = null;

  constructor({ folder, sites }: CastOptions) {
    this.#folder = folder;
    this.#failures.promise.catch(() => undefined);
    const onFailure = (error: unknown): void => this.#failures.reject(error);
    this.sites = sites.map((site) => new DemoSite({ ...site, folder, onFailure }));
  }

  /** Rejects when a process ends that was not asked to. */
  get failed(): Promise<never> {
    return this.#failures.promise;
  }

  get sink(): SinkReader {
    if (this.#sink !== null) return this.#sink;
    throw new TypeError("the demo has not been started");
  }

  async start(): Promise<void> {
    const inTheAir = this.sites.map((site) => site.startDevices());
    await this.#orFailure(Promise.all([...inTheAir, this.returnBroker()]));
    await this.#orFailure(Promise.all(this.sites.map((site) => site.startGateway(this.#port))));
    this.#sink = openSinkReader({ key: null, clock: systemClock, path: this.#path("sink.db") });
  }

  /** As a power cut would: what was not on disk is gone. */
  async loseBroker(): Promise<void> {
    await this.#ingest?.end("SIGKILL");
    this.#ingest = null;
  }

  /** Starts broker and ingestor, at the port that they had before. */
  async returnBroker(): Promise<void> {
    const { promise: listening, resolve } = Promise.withResolvers<void>();
    const sink = this.#path("sink.db");
    const place = ["--host", "127.0.0.1", "--port", String(this.#port)];
    this.#ingest = startDemoProcess({
      name: "ingest",
      folder: this.#folder,
      command: ["gateway/cli/main.ts", "ingest", "--json", "--sink", sink, ...place],
      onLine: (line) => {
        const { data } = listeningLine.safeParse(parsedLine(line));
        if (data === undefined) return;
        this.#port = Number(new URL(data.url).port);
        resolve();
      },
    });
    this.#ingest.failed.catch((error: unknown) => this.#failures.reject(error));
    await this.#orFailure(listening);
  }

  /** See `DemoSite`. */
  async endDevices(patienceMs: number): Promise<void> {
    await Promise.all(this.sites.map((site) => site.endDevices(patienceMs)));
  }

  /** Ends what runs: first those who send, then those who receive. */
  async end(): Promise<void> {
    await Promise.all(this.sites.map((site) => site.end()));
    await this.#ingest?.end();
    await this.#sink?.close();
  }

  async #orFailure<T>(work: Promise<T>): Promise<T> {
    return await Promise.race([work, this.failed]);
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

const listeningLine = z.looseObject({ event: z.literal("listening"), url: z.string() });
