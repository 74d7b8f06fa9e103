import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { KioskView } from "../../gateway/kiosk/contract/kiosk-view.ts";
import type { VisitView } from "../../gateway/kiosk/contract/visit-view.ts";
import { builtPages } from "./built-pages.ts";

/** What the kiosk says at a moment. */
export interface KioskMoment {
  readonly kiosk: KioskView;
  readonly visit: VisitView | null;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly csrf: string | null;
}

/** What it answers to a change, and shows from then on; a code of an error is refused with. Undefined: nothing changes. */
export type Script = (asked: Asked, moment: KioskMoment) => KioskMoment | string | undefined;

/** Of the real server: `cloud-sync/http/page-app.ts`. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** A kiosk with nothing behind it: it serves the built pages, and says what it is told to, in the manner of the real one. */
export class ScriptedKiosk {
  readonly url: string;
  readonly asked: Asked[] = [];
  readonly #server: ReturnType<typeof createServer>;
  readonly #streams = new Set<ServerResponse>();
  readonly #script: Script;
  #moment: KioskMoment;

  private constructor(server: ReturnType<typeof createServer>, moment: KioskMoment, script: Script) {
    this.#server = server;
    this.#moment = moment;
    this.#script = script;
    const address = server.address();
    if (!isInternet(address)) throw new TypeError("the server has no port");
    this.url = `http://127.0.0.1:${address.port}/`;
    server.on("request", (request, response) => void this.#answer(request, response));
  }

  static async start(moment: KioskMoment, script: Script = () => undefined): Promise<ScriptedKiosk> {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    return new ScriptedKiosk(server, moment, script);
  }

  /** Shows it to every screen. */
  show(moment: Partial<KioskMoment>): void {
    this.#moment = { ...this.#moment, ...moment };
    for (const stream of this.#streams) this.#tell(stream);
  }

  /** The network between is gone for a moment: what is asked is refused, and what listens is cut off. */
  cut(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("content-security-policy", contentSecurityPolicy);
    response.setHeader("cache-control", "no-store");
    const path = new URL(request.url ?? "/", this.url).pathname;
    if (path === "/api/live") return this.#listen(response);
    if (path === "/api/session") return sendJson(response, 200, { csrfToken });
    if (path.startsWith("/api/")) return this.#change(path, request, response);
    await sendFile(path === "/" ? "kiosk.html" : path === "/staff" ? "staff.html" : path.slice(1), response);
  }

  #listen(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream" });
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
    this.#tell(response);
  }

  #tell(stream: ServerResponse): void {
    const { kiosk, visit } = this.#moment;
    stream.write(`event: kiosk\ndata: ${JSON.stringify(kiosk)}\n\nevent: visit\ndata: ${JSON.stringify(visit)}\n\n`);
  }

  async #change(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = Buffer.concat(await Array.fromAsync<Buffer>(request)).toString();
    const csrf = request.headers["x-carepost-csrf"];
    const body: unknown = text === "" ? null : JSON.parse(text);
    const asked = { method: request.method ?? "GET", path, body, csrf: typeof csrf === "string" ? csrf : null };
    this.asked.push(asked);
    const said = this.#script(asked, this.#moment);
    if (typeof said === "string") {
      return sendJson(response, 409, { error: { code: said, message: "refused", remedy: "do otherwise" } });
    }
    if (said !== undefined) this.show(said);
    sendJson(response, 200, this.#moment.visit);
  }
}

export const csrfToken = "scripted-token";

const isInternet = (address: AddressInfo | string | null): address is AddressInfo =>
  address !== null && typeof address !== "string";

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

async function sendFile(path: string, response: ServerResponse): Promise<void> {
  const type = types[extname(path)];
  const bytes = type === undefined ? null : await readFile(join(builtPages, path)).catch(() => null);
  if (bytes === null) return void response.writeHead(404).end();
  response
    .writeHead(200, { "content-type": `${type}; charset=utf-8`, "content-encoding": "gzip" })
    .end(gzipSync(bytes));
}
