import Ajv2020, { type ValidateFunction } from "ajv/dist/2020.js";
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from "fastify";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { openApiDocument } from "../../../../gateway/kiosk/http/open-api.ts";
import type { KioskFile } from "../../../../gateway/kiosk/http/kiosk-pages.ts";
import {
  kioskLimits,
  type KioskLimits,
  type KioskParts,
  kioskServer,
} from "../../../../gateway/kiosk/http/kiosk-server.ts";
import { pinLine, readPinFile } from "../../../../gateway/kiosk/http/pin-file.ts";
import { openStaffLogin } from "../../../../gateway/kiosk/http/staff-login.ts";
import type { Deed, Store } from "../../../../gateway/store/store.ts";
import { createVirtualClock, type VirtualClock } from "../../../../simulators/clock/virtual-clock.ts";
import { type KeptLog, keptLog } from "../../../doubles/kept-log.ts";
import { type ScriptedStaffDesk, scriptedHub, scriptedStaffDesk } from "../../../doubles/scripted-staff-desk.ts";
import { type ScriptedVisitDesk, scriptedVisitDesk } from "../../../doubles/scripted-visit-desk.ts";

export interface KioskRig {
  readonly app: FastifyInstance;
  /** What the server was made from, for another one. */
  readonly parts: KioskParts;
  readonly desk: ScriptedVisitDesk;
  readonly staff: ScriptedStaffDesk;
  readonly clock: VirtualClock;
  readonly log: KeptLog;
  readonly store: DeedStore;
  /** Tells the server that what staff see may be another. */
  readonly staffChanged: () => void;
}

export interface RigOptions extends Partial<Pick<KioskParts, "needsStaff" | "tls" | "hub" | "visits">> {
  readonly hasStaff?: boolean;
  readonly store?: DeedStore;
  readonly limits?: Partial<KioskLimits>;
}

export const pin = "493817";
export const own = { host: "127.0.0.1:8080", origin: "http://127.0.0.1:8080" };
export const page = "<!doctype html><title>Kiosk</title>";

const line = pinLine("counter-1", pin);

/** The server of the kiosk, without a port: requests are injected into it. Its time stands still. */
export async function kioskRig(options: RigOptions = {}): Promise<KioskRig> {
  const { hasStaff = true, store = deedStore(), limits = {}, ...changes } = options;
  const clock = createVirtualClock(0);
  const [log, desk, staff] = [keptLog(), scriptedVisitDesk(), scriptedStaffDesk()];
  const ports = { entries: readPinFile(await line), clock, store, now: () => clock.now() };
  const login = hasStaff ? await openStaffLogin(ports, { idleMsMax: 600_000, sessionMsMax: 8 * 3_600_000 }) : null;
  const listeners = new Set<() => void>();
  const parts: KioskParts = {
    kiosk: () => desk.kiosk(),
    visits: desk,
    staff,
    hub: scriptedHub(),
    login,
    files,
    names: ["127.0.0.1", "::1", "localhost", "kiosk.example.org"],
    tls: null,
    needsStaff: false,
    onStaffChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    version: "0.0.0",
    clock,
    log,
    ...changes,
  };
  const app = await kioskServer(parts, { ...kioskLimits, requestsPerMinuteMax: 1_000_000, ...limits });
  onTestFinished(() => app.close());
  const staffChanged = (): void => {
    for (const listener of listeners) listener();
  };
  return { app, parts, desk, staff, clock, log, store, staffChanged };
}

const fileOf = (type: string, text: string): KioskFile => ({ type, body: Buffer.from(text), packed: null });

const files: ReadonlyMap<string, KioskFile> = new Map([
  ["/", fileOf("text/html; charset=utf-8", page)],
  ["/staff", fileOf("text/html; charset=utf-8", page)],
  ["/assets/kiosk.js", { ...fileOf("text/javascript; charset=utf-8", "export {}"), packed: Buffer.from("packed") }],
]);

/** Keeps deeds and settings, and nothing else. */
export interface DeedStore extends Pick<Store, "record" | "setting" | "saveSetting"> {
  readonly deeds: readonly Deed[];
}

export function deedStore(): DeedStore {
  const deeds: Deed[] = [];
  const settings = new Map<string, string>();
  return {
    deeds,
    async record(deed) {
      deeds.push(deed);
      return { notHeld: [], removed: 0, withdrawn: [] };
    },
    setting: async (name) => settings.get(name) ?? null,
    saveSetting: async (name, value) => void settings.set(name, value),
  };
}

/** A browser in front of the kiosk: it has cookies, asks for the token, and its every answer must be as documented. */
export interface Screen {
  readonly cookies: ReadonlyMap<string, string>;
  get(url: string): Promise<LightMyRequestResponse>;
  post(url: string, payload?: object): Promise<LightMyRequestResponse>;
  remove(url: string): Promise<LightMyRequestResponse>;
}

export function screenAt({ app }: Pick<KioskRig, "app">): Screen {
  const cookies = new Map<string, string>();
  const ask = async (options: InjectOptions & { readonly url: string }): Promise<LightMyRequestResponse> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await app.inject({ ...options, headers: { host: own.host, cookie, ...options.headers } });
    for (const { name, value } of answer.cookies) {
      if (value === "") cookies.delete(name);
      else cookies.set(name, value);
    }
    checkAnswer(options.method ?? "GET", options.url, answer);
    return answer;
  };
  const change = async (options: InjectOptions & { readonly url: string }): Promise<LightMyRequestResponse> => {
    const { csrfToken } = tokenAnswer.parse((await ask({ url: "/api/session" })).json());
    return await ask({ ...options, headers: { origin: own.origin, "x-carepost-csrf": csrfToken } });
  };
  return {
    cookies,
    get: (url) => ask({ url }),
    post: (url, payload = {}) => change({ method: "POST", url, payload }),
    remove: (url) => change({ method: "DELETE", url }),
  };
}

const tokenAnswer = z.object({ csrfToken: z.string() });

/** A screen on which staff have signed in. */
export async function staffScreen(rig: KioskRig): Promise<Screen> {
  const screen = screenAt(rig);
  await screen.post("/api/staff/sign-in", { name: "counter-1", pin });
  return screen;
}

const documentId = "https://kiosk.example.org/openapi.json";
const ajv = new Ajv2020.default({ strict: false, formats: { uuid: true } });
const media = z.record(z.string(), z.object({ schema: z.unknown() }));
const response = z.object({ content: media });
const described = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.object({ responses: z.record(z.string(), z.unknown()) }))),
  components: z.object({ responses: z.object({ refusal: response }) }),
});
const document = openApiDocument("0.0.0");
const { paths, components } = described.parse(document);
ajv.addSchema({ $id: documentId, components: document["components"] });

/** Throws unless the answer is what the document says of this operation. What is no operation may only be refused. */
export function checkAnswer(method: string, url: string, answer: LightMyRequestResponse): void {
  const path = url.split("?")[0] ?? "";
  const found = paths[path]?.[method.toLowerCase()]?.responses;
  const { statusCode } = answer;
  if (statusCode < 400 && found === undefined) return;
  const { content } = response.parse(statusCode === 200 ? found?.["200"] : components.responses.refusal);
  const type = String(answer.headers["content-type"]).split(";")[0] ?? "";
  const schema = content[type]?.schema;
  if (schema === undefined) throw new Error(`${method} ${url}: ${statusCode} with ${type} is not in the document`);
  const value: unknown = type === "application/json" ? answer.json() : answer.body;
  const validate = validatorOf(JSON.stringify(schema));
  if (!validate(value)) {
    throw new Error(`${method} ${url}: ${statusCode} ${answer.body}: ${ajv.errorsText(validate.errors)}`);
  }
}

const validators = new Map<string, ValidateFunction>();

/** Compiled once each: a fuzzer asks for thousands. */
function validatorOf(schema: string): ValidateFunction {
  const text = schema.replaceAll('"#/', `"${documentId}#/`);
  const found = validators.get(text) ?? ajv.compile(z.record(z.string(), z.unknown()).parse(JSON.parse(text)));
  validators.set(text, found);
  return found;
}
