import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { z } from "zod";
import type { HubReading, HubView } from "../../gateway/kiosk/contract/hub-view.ts";
import * as contract from "../../gateway/kiosk/contract/staff-view.ts";

/** What a gateway shows to staff and to a home, as a test says it, over HTTP: it takes only what the contract allows. */
export interface ScriptedStaff {
  readonly url: string;
  staff: contract.StaffView;
  hub: HubView;
  readings: readonly HubReading[];
  checks: readonly contract.StaffCheck[];
  /** What the next decision is refused with. */
  refusal: { readonly status: number; readonly code: string } | null;
  isSignedIn: boolean;
  /** Nobody may sign in: no PIN was set. */
  isClosed: boolean;
  /** It answers nobody. */
  isAway: boolean;
  readonly asked: readonly { readonly path: string; readonly body: unknown }[];
  /** What the staff view shows may have changed. */
  tell(): void;
  stop(): Promise<void>;
}

export const staffName = "staff-1";
export const staffPin = "482915";
const csrfToken = "token-of-a-test";

const bodies: Readonly<Record<string, z.ZodType>> = {
  "/api/staff/sign-in": contract.staffSignIn,
  "/api/staff/held/assign": contract.assignHeld,
  "/api/staff/held/discard": contract.discardHeld,
  "/api/staff/assignments": contract.saveAssignment,
  "/api/staff/assignments/end": contract.endAssignment,
  "/api/staff/devices/forget": contract.nameDevice,
  "/api/staff/devices/kiosk": contract.setKiosks,
  "/api/staff/consents/withdraw": contract.withdrawConsent,
};

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

type Script = Omit<ScriptedStaff, "url" | "tell" | "stop" | "asked"> & { asked: { path: string; body: unknown }[] };

export async function startScriptedStaff(
  folder: string,
  shown: Pick<ScriptedStaff, "staff" | "hub" | "readings">,
): Promise<ScriptedStaff> {
  const script: Script = {
    ...shown,
    checks: [],
    refusal: null,
    isSignedIn: false,
    isClosed: false,
    isAway: false,
    asked: [],
  };
  const streams = new Set<ServerResponse>();
  const server = createServer((request, response) => void answer(request, response, { script, streams, folder }));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(script, {
    url: `http://127.0.0.1:${portOf(server)}`,
    tell: () => {
      for (const stream of streams) stream.write("event: staff\ndata: null\n\n");
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it does not listen");
  return address.port;
}

interface Stage {
  readonly script: Script;
  readonly streams: Set<ServerResponse>;
  readonly folder: string;
}

async function answer(request: IncomingMessage, response: ServerResponse, stage: Stage): Promise<void> {
  const path = new URL(request.url ?? "/", "http://kiosk").pathname;
  response.setHeader("cache-control", "no-store");
  response.setHeader("content-security-policy", policy);
  if (stage.script.isAway) {
    request.socket.destroy();
    return;
  }
  if (path === "/api/live") {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(": hello\n\n");
    stage.streams.add(response);
    response.on("close", () => stage.streams.delete(response));
    return;
  }
  // A browser asks for it unasked.
  if (path === "/favicon.ico") return void response.writeHead(204).end();
  if (!path.startsWith("/api/")) return await sendFile(path, response, stage.folder);
  if (request.method === "POST") return await change({ path, request, response }, stage.script);
  const found = shownAt(path, stage.script);
  send(response, found.status, found.body);
}

function shownAt(path: string, script: Script): { readonly status: number; readonly body: unknown } {
  const { isSignedIn, isClosed, hub } = script;
  const staff = isSignedIn ? "signed-in" : isClosed ? "none" : "signed-out";
  if (path === "/api/session") return { status: 200, body: { csrfToken } };
  if (path === "/api/kiosk") return { status: 200, body: { staff } };
  if (path === "/api/hub") return { status: 200, body: { ...hub, signIn: isSignedIn ? "signed-in" : hub.signIn } };
  if (!isSignedIn) return { status: 401, body: refused("staff-needed") };
  if (path === "/api/staff") return { status: 200, body: contract.staffView.parse(script.staff) };
  if (path === "/api/hub/readings") return { status: 200, body: script.readings };
  return { status: 404, body: refused("not-found") };
}

const refused = (code: string): object => ({ error: { code, message: `refused: ${code}`, remedy: "Ask somebody." } });

async function change(
  { path, request, response }: { path: string; request: IncomingMessage; response: ServerResponse },
  script: Script,
): Promise<void> {
  const body: unknown = JSON.parse(await textOf(request));
  script.asked.push({ path, body });
  if (request.headers["x-carepost-csrf"] !== csrfToken) return send(response, 403, refused("csrf"));
  const schema = bodies[path];
  if (schema !== undefined && !schema.safeParse(body).success) return send(response, 400, refused("body-invalid"));
  if (script.refusal !== null) {
    const { status, code } = script.refusal;
    script.refusal = null;
    return send(response, status, refused(code));
  }
  if (path === "/api/staff/sign-in") {
    const { name, pin } = contract.staffSignIn.parse(body);
    script.isSignedIn = name === staffName && pin === staffPin;
    return script.isSignedIn ? send(response, 200, {}) : send(response, 401, refused("login-refused"));
  }
  if (path === "/api/staff/sign-out") script.isSignedIn = false;
  else if (!script.isSignedIn) return send(response, 401, refused("staff-needed"));
  if (path === "/api/staff/doctor") return send(response, 200, script.checks);
  if (path === "/api/staff/support-bundle") {
    response.setHeader("content-disposition", 'attachment; filename="carepost-support-store-0412.json"');
    return send(response, 200, { about: "a bundle" });
  }
  send(response, 200, {});
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) text += String(part);
  return text === "" ? "{}" : text;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const kinds: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const pages: Readonly<Record<string, string>> = { "/staff": "/staff.html", "/hub": "/hub.html" };

async function sendFile(path: string, response: ServerResponse, folder: string): Promise<void> {
  const file = pages[path] ?? path;
  const body = await readFile(join(folder, file)).catch(() => null);
  if (body === null) return send(response, 404, refused("not-found"));
  response.writeHead(200, { "content-type": kinds[extname(file)] ?? "application/octet-stream" }).end(body);
}
