import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** What any of the pages that Carepost serves refuses. */
export const httpErrors = defineErrors({
  "host-refused": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Open the page by its own address; a name that points here must be in `operator.names` of an ingestor, `kiosk.names` of a gateway.",
  },
  "origin-refused": {
    blame: "operator",
    recovery: "stop",
    remedy: "Open the page itself: requests from other sites are refused.",
  },
  "csrf-refused": {
    blame: "operator",
    recovery: "retry",
    remedy: "Load the page again, then try again: its token is of an earlier session.",
  },
  "login-needed": { blame: "operator", recovery: "retry", remedy: "Log in." },
  "login-refused": { blame: "operator", recovery: "retry", remedy: "Check the name, and the password or the PIN." },
  "login-locked": {
    blame: "operator",
    recovery: "retry",
    remedy: "Wait: after several failures no attempt is looked at for a while, longer each time.",
  },
  "request-invalid": {
    blame: "operator",
    recovery: "stop",
    remedy: "Compare the request with the description of the page's API.",
  },
  "page-certificate-unusable": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "Let the page's certFile and keyFile be of one issue, whole and in PEM (`kiosk.certFile` of a gateway, `operator.certFile` of an ingestor). They are looked at again every ten seconds.",
  },
  "not-here": { blame: "operator", recovery: "stop", remedy: "Go back to the page's beginning." },
  "too-many-requests": { blame: "operator", recovery: "retry", remedy: "Wait a minute, then go on." },
});

/** The HTTP status that says the same. */
export const httpStatuses: Statuses = {
  "host-refused": 421,
  "origin-refused": 403,
  "csrf-refused": 403,
  "login-needed": 401,
  "login-refused": 401,
  "login-locked": 429,
  "too-many-requests": 429,
  "request-invalid": 400,
  "not-here": 404,
};

export type Statuses = Readonly<Partial<Record<string, number>>>;
