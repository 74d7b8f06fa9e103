import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { isSameSecret, type Login, newToken, type OperatorSession } from "./login.ts";
import { operatorErrors } from "./operator-error.ts";

/** Who may ask what. Each guard throws what is to be answered instead. */
export interface RequestGuards {
  /** Every request: the name that it was sent to is ours. Against a stranger's name that points to this machine. */
  host(request: FastifyRequest): void;
  /** Of the API: it comes from our own page, or from no page at all. */
  origin(request: FastifyRequest): void;
  /** Null where nobody has to log in. */
  session(request: FastifyRequest): OperatorSession;
  /** What changes something brings the session's token along. */
  csrf(request: FastifyRequest): void;
  readonly cookie: SessionCookie;
  readonly needsLogin: boolean;
}

export interface SessionCookie {
  set(reply: FastifyReply, secret: string): void;
  clear(reply: FastifyReply): void;
  read(request: FastifyRequest): string | null;
}

export interface GuardOptions {
  /** Names and addresses that the page is reached by, without ports. */
  readonly names: readonly string[];
  readonly login: Login | null;
  readonly isTls: boolean;
}

const sameSites: ReadonlySet<string | undefined> = new Set([undefined, "same-origin", "none"]);

export function requestGuards({ names, login, isTls }: GuardOptions): RequestGuards {
  const known = new Set(names.map((name) => name.toLowerCase()));
  const scheme = isTls ? "https" : "http";
  const cookie = sessionCookie(isTls);
  /** Where nobody logs in, whoever can load the page has the token, and no other site can. */
  const open: OperatorSession = { user: "", csrfToken: newToken() };

  const session = (request: FastifyRequest): OperatorSession => {
    if (login === null) return open;
    const secret = cookie.read(request);
    const found = secret === null ? null : login.session(secret);
    if (found === null) throw operatorErrors.make("login-needed", "there is no session");
    return found;
  };

  return {
    needsLogin: login !== null,
    cookie,
    session,
    host({ headers }) {
      const url = URL.parse(`${scheme}://${headers.host ?? ""}`);
      const isPlain = url !== null && url.pathname === "/" && url.username === "" && url.search === "";
      if (!isPlain || !known.has(url.hostname.replace(/^\[|\]$/g, ""))) {
        throw operatorErrors.make("host-refused", "this is not a name of this page");
      }
    },
    origin({ headers, method }) {
      const site = headers["sec-fetch-site"];
      const { origin } = headers;
      const isOwn = origin === `${scheme}://${headers.host ?? ""}`;
      const isFromUs = origin === undefined ? method === "GET" || site === "same-origin" : isOwn;
      if (!sameSites.has(typeof site === "string" ? site : undefined) || !isFromUs) {
        throw operatorErrors.make("origin-refused", "the request comes from another site");
      }
    },
    csrf(request) {
      const given = request.headers["x-carepost-csrf"];
      if (typeof given !== "string" || !isSameSecret(given, session(request).csrfToken)) {
        throw operatorErrors.make("csrf-refused", "the token is missing or of another session");
      }
    },
  };
}

/** `__Host-` binds it to this very host over TLS (RFC 6265bis, 4.1.3.2); without TLS, on loopback, its name is plain. */
function sessionCookie(isTls: boolean): SessionCookie {
  const name = isTls ? "__Host-carepost" : "carepost";
  const rules = `Path=/; HttpOnly; SameSite=Strict${isTls ? "; Secure" : ""}`;
  return {
    set: (reply, secret) => void reply.header("set-cookie", `${name}=${secret}; ${rules}`),
    clear: (reply) => void reply.header("set-cookie", `${name}=; ${rules}; Max-Age=0`),
    read({ headers }) {
      const pairs = (headers.cookie ?? "").split(";").map((pair) => pair.trim());
      const own = pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
      return own === undefined || own === "" ? null : own;
    },
  };
}

/** Reads what a request brought by a schema. Throws `request-invalid`, which names the field and the rule. */
export function readBy<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join(".") ?? "";
  throw operatorErrors.make("request-invalid", path === "" ? "the request is malformed" : `${path} is invalid`);
}
