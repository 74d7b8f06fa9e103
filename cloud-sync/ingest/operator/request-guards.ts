import type { FastifyRequest } from "fastify";
import { httpErrors } from "../../http/http-error.ts";
import type { Login, LoginSession } from "../../http/login.ts";
import { checkCsrf, pageGuards, type PageGuardOptions, type PageGuards } from "../../http/page-guards.ts";
import { secretCookie, type SecretCookie } from "../../http/secret-cookie.ts";
import { newToken } from "../../http/secret-text.ts";

/** Who may ask what of the operator's page. Each guard throws what is to be answered instead. */
export interface RequestGuards extends PageGuards {
  /** Null where nobody has to log in. */
  session(request: FastifyRequest): LoginSession;
  /** What changes something brings the session's token along. */
  csrf(request: FastifyRequest): void;
  readonly cookie: SecretCookie;
  readonly needsLogin: boolean;
}

export interface GuardOptions extends PageGuardOptions {
  readonly login: Login | null;
}

export function requestGuards({ login, ...page }: GuardOptions): RequestGuards {
  const cookie = secretCookie("carepost", page.isTls);
  /** Where nobody logs in, whoever can load the page has the token, and no other site can. */
  const open: LoginSession = { user: "", csrfToken: newToken() };

  const session = (request: FastifyRequest): LoginSession => {
    if (login === null) return open;
    const secret = cookie.read(request);
    const found = secret === null ? null : login.session(secret);
    if (found === null) throw httpErrors.make("login-needed", "there is no session");
    return found;
  };

  return {
    ...pageGuards(page),
    needsLogin: login !== null,
    cookie,
    session,
    csrf: (request) => checkCsrf(request, session(request).csrfToken),
  };
}
