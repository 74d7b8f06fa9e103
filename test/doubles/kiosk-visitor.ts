import { request } from "node:http";
import { text } from "node:stream/consumers";
import { visitView, type VisitView } from "../../gateway/kiosk/contract/visit-view.ts";

/** Somebody at the kiosk without a screen: the same requests that the page makes, with the same cookies and token. */
export class KioskVisitor {
  readonly #url: string;
  readonly #localAddress: string;
  readonly #cookies = new Map<string, string>();
  #csrfToken = "";

  /** @param localAddress of 127.0.0.0/8: requests are limited by the address that they come from */
  constructor(url: string, localAddress = "127.0.0.1") {
    this.#url = url;
    this.#localAddress = localAddress;
  }

  /** The body of the answer. Throws what the kiosk has refused. */
  async ask(method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<unknown> {
    const { status, answer } = await this.#send(method, path, body);
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${answer}`);
    return answer === "" ? null : JSON.parse(answer);
  }

  async begin(person: string | null): Promise<VisitView> {
    const session = await this.ask("GET", "/api/session");
    this.#csrfToken = tokenOf(session);
    return await this.step("/api/visit", { person, language: "en" });
  }

  /** Agrees to the text that is before them. */
  async agree({ consentText }: VisitView, trend = false): Promise<VisitView> {
    const { version, sha256 } = consentText ?? { version: "", sha256: "" };
    return await this.step("/api/visit/consent", { version, sha256, decision: "given", trend });
  }

  async step(path: string, body: object): Promise<VisitView> {
    return visitView.parse(await this.ask("POST", path, body));
  }

  /** Waits until the visit is as wanted. */
  async until(isWanted: (visit: VisitView) => boolean, limitMs = 20_000): Promise<VisitView> {
    const endMs = performance.now() + limitMs;
    for (;;) {
      const visit = visitView.nullable().parse(await this.ask("GET", "/api/visit"));
      if (visit !== null && isWanted(visit)) return visit;
      if (performance.now() > endMs) throw new Error(`the visit stays at ${visit?.step ?? "nothing"}`);
      await new Promise((resolve) => void setTimeout(resolve, 20));
    }
  }

  async end(): Promise<void> {
    await this.ask("DELETE", "/api/visit");
  }

  async #send(
    method: string,
    path: string,
    body: object | undefined,
  ): Promise<{ readonly status: number; readonly answer: string }> {
    const url = new URL(path, this.#url);
    const sent = body === undefined ? null : JSON.stringify(body);
    const headers: Record<string, string> = {
      ...(method === "GET" ? {} : { origin: url.origin, "x-carepost-csrf": this.#csrfToken }),
      ...(sent === null ? {} : { "content-type": "application/json" }),
      ...(this.#cookies.size === 0 ? {} : { cookie: [...this.#cookies].map((pair) => pair.join("=")).join("; ") }),
    };
    const asked = request(url, { method, headers, localAddress: this.#localAddress });
    const answered = new Promise<{ readonly status: number; readonly answer: string }>((resolve, reject) => {
      asked.once("error", reject);
      asked.once("response", (response) => {
        for (const cookie of response.headers["set-cookie"] ?? []) this.#keep(cookie);
        text(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), reject);
      });
    });
    asked.end(sent ?? undefined);
    return await answered;
  }

  #keep(cookie: string): void {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    if (value === "") this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}

function tokenOf(session: unknown): string {
  const token = typeof session === "object" && session !== null ? Reflect.get(session, "csrfToken") : null;
  return typeof token === "string" ? token : "";
}
