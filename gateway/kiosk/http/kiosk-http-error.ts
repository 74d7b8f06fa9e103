import type { Statuses } from "../../../cloud-sync/http/http-error.ts";
import { defineErrors } from "../../../device-drivers/kit/carepost-error.ts";

/** What the kiosk's server refuses, and how it can fail to start. */
export const kioskHttpErrors = defineErrors({
  "kiosk-page-missing": {
    blame: "operator",
    recovery: "stop",
    remedy: "Run `npm run build`, which makes the pages, or take `kiosk.port` away to run without them.",
  },
  "kiosk-open": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Listen on 127.0.0.1 or ::1, or give `kiosk.certFile`, `kiosk.keyFile` and `kiosk.staffFile`: beyond this machine the kiosk needs TLS and staff who sign in.",
  },
  "kiosk-staff-file-invalid": {
    blame: "operator",
    recovery: "stop",
    remedy: "Make the file anew with `carepost kiosk pin`: each line is a name and a hash.",
  },
  "kiosk-staff-file-unnamed": {
    blame: "operator",
    recovery: "stop",
    remedy: "Name the file with --file, or as `kiosk.staffFile` in the configuration.",
  },
  "kiosk-pin-weak": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "Choose 4 to 12 digits, better 6, that are no row, no repetition, no year, and nothing that many would choose.",
  },
  "kiosk-pin-differs": {
    blame: "operator",
    recovery: "retry",
    remedy: "Run the command again, and type the same PIN twice.",
  },
  "visit-needed": {
    blame: "operator",
    recovery: "stop",
    remedy: "Begin at the welcome screen: there is no visit on this screen, or it has ended.",
  },
  "staff-needed": {
    blame: "operator",
    recovery: "retry",
    remedy: "Let staff sign in on this screen first.",
  },
  "staff-closed": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Set a PIN with `carepost kiosk pin NAME` and name its file in `kiosk.staffFile`: until then nobody can sign in.",
  },
  "live-streams-taken": {
    blame: "operator",
    recovery: "retry",
    remedy: "Close screens that nobody looks at, then load this one again.",
  },
  "kiosk-failed": {
    blame: "program",
    recovery: "retry",
    remedy: "Try again. If it happens again, look at the log of the gateway, and report this.",
  },
});

/** The HTTP status that says the same, also of what the desks behind the server refuse. */
export const kioskStatuses: Statuses = {
  "visit-needed": 401,
  "staff-needed": 401,
  "staff-closed": 409,
  "live-streams-taken": 503,
  "kiosk-in-use": 409,
  "kiosk-out-of-order": 409,
  "visit-over": 409,
  // The program's own page is to blame, and yet nothing failed here.
  "visit-step-refused": 409,
};
