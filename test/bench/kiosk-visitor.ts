import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";

/** A screen as the kiosk sees it: one browser after another, each from an address of its own on loopback. */
export interface KioskVisitor {
  /** Milliseconds from the request to the end of the answer. Rejects unless it is answered with 200. */
  ask(method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<Answered>;
  /** Opens `/api/live`, and leaves once the first event has come. */
  listenOnce(): Promise<void>;
  close(): void;
}

export interface Answered {
  readonly tookMs: number;
  readonly body: unknown;
}

const token = z.object({ csrfToken: z.string() });

export async function kioskVisitor(url: string, number: number): Promise<KioskVisitor> {
  const { host, hostname, port, origin } = new URL(url);
  const localAddress = `127.0.${1 + (Math.floor(number / 250) % 250)}.${1 + (number % 250)}`;
  const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress });
  let cookie = "";
  let csrf = "";
  const base = { host: hostname, port, agent, localAddress };

  const ask: KioskVisitor["ask"] = async (method, path, body) => {
    const payload = body === undefined ? "" : JSON.stringify(body);
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const headers = { host, origin, cookie, "x-carepost-csrf": csrf, "content-length": payload.length, ...type };
    const startedMs = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const sent = request({ ...base, method, path, headers }, (response) => {
      cookie = response.headers["set-cookie"]?.[0]?.split(";")[0] ?? cookie;
      const { statusCode } = response;
      const told = (answer: string): void => {
        if (statusCode === 200) resolve(answer);
        else reject(new Error(`${method} ${path}: ${statusCode} ${answer}`));
      };
      text(response).then(told, reject);
    });
    sent.once("error", reject);
    sent.end(payload);
    const answer = await promise;
    return { tookMs: performance.now() - startedMs, body: JSON.parse(answer) };
  };
  csrf = token.parse((await ask("GET", "/api/session")).body).csrfToken;
  return {
    ask,
    async listenOnce() {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const sent = request({ ...base, agent: false, path: "/api/live", headers: { host, cookie } }, (response) => {
        response.once("data", () => {
          sent.destroy();
          resolve();
        });
      });
      sent.once("error", reject);
      sent.end();
      await promise;
    },
    close: () => agent.destroy(),
  };
}
