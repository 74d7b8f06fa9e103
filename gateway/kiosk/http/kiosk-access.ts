import type { FastifyReply, FastifyRequest } from "fastify";
import type { LoginSession } from "../../../cloud-sync/http/login.ts";
import { checkCsrf, pageGuards, type PageGuardOptions, type PageGuards } from "../../../cloud-sync/http/page-guards.ts";
import { secretCookie, type SecretCookie } from "../../../cloud-sync/http/secret-cookie.ts";
import { isSameSecret, newToken } from "../../../cloud-sync/http/secret-text.ts";
import type { KioskView } from "../contract/kiosk-view.ts";
import type { Visit, VisitDesk } from "../visit-desk.ts";
import { kioskHttpErrors } from "./kiosk-http-error.ts";
import type { StaffLogin } from "./staff-login.ts";

/** Who may ask what of the kiosk. */
export interface KioskAccess extends PageGuards {
  /** The visit that this browser leads; null if it leads none. */
  visit(request: FastifyRequest): Visit | null;
  /** Staff who are signed in on this browser; null if nobody is. It is no sign of life. */
  staff(request: FastifyRequest): LoginSession | null;
  /** The same as a sign of life. Throws `staff-closed` or `staff-needed`. */
  staffAtWork(request: FastifyRequest): LoginSession;
  /** Throws `csrf-refused`. */
  csrf(request: FastifyRequest): void;
  csrfToken(request: FastifyRequest): string;
  staffState(secret: string | null): KioskView["staff"];
  readonly visitCookie: SecretCookie;
  readonly staffCookie: SecretCookie;
  readonly login: StaffLogin | null;
  /** Takes the cookies away that are of no visit and no session any more. */
  clearStale(request: FastifyRequest, reply: FastifyReply): void;
}

export interface AccessParts extends PageGuardOptions {
  readonly visits: VisitDesk | null;
  readonly login: StaffLogin | null;
}

export function kioskAccess({ visits, login, ...page }: AccessParts): KioskAccess {
  const visitCookie = secretCookie("carepost-visit", page.isTls);
  const staffCookie = secretCookie("carepost-staff", page.isTls);
  /** Of whoever has not signed in: whoever can load the page has it, and no other site can. */
  const openToken = newToken();

  const visit = (request: FastifyRequest): Visit | null => {
    const secret = visitCookie.read(request);
    const current = visits?.current() ?? null;
    return secret !== null && current !== null && isSameSecret(secret, current.secret) ? current : null;
  };
  const staff = (request: FastifyRequest): LoginSession | null => {
    const secret = staffCookie.read(request);
    return secret === null || login === null ? null : login.peek(secret);
  };
  const csrfToken = (request: FastifyRequest): string => staff(request)?.csrfToken ?? openToken;

  return {
    ...pageGuards(page),
    visit,
    staff,
    csrfToken,
    staffAtWork(request) {
      if (login === null) throw kioskHttpErrors.make("staff-closed", "no PIN has been set");
      const secret = staffCookie.read(request);
      // What is only looked at may be asked for by the page alone.
      const session = secret === null ? null : request.method === "GET" ? login.peek(secret) : login.session(secret);
      if (session === null) throw kioskHttpErrors.make("staff-needed", "nobody has signed in on this screen");
      return session;
    },
    csrf: (request) => checkCsrf(request, csrfToken(request)),
    staffState(secret) {
      if (login === null) return "none";
      return secret !== null && login.peek(secret) !== null ? "signed-in" : "signed-out";
    },
    visitCookie,
    staffCookie,
    login,
    clearStale(request, reply) {
      if (visitCookie.read(request) !== null && visit(request) === null) visitCookie.clear(reply);
      if (staffCookie.read(request) !== null && staff(request) === null) staffCookie.clear(reply);
    },
  };
}
