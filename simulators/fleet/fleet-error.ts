import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** What keeps a fleet from being simulated. What the broker or the sink does wrong is counted in the report instead. */
export const fleetErrors = defineErrors({
  "descriptors-short": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Raise the limit on open files (ulimit -n) above the number of gateways and 200 more, or take fewer gateways.",
  },
  "fleet-identity-missing": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give each gateway its certificate and key in the --identities folder, as simulators/fleet/README.md says.",
  },
  "fleet-sink-unreadable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give --check-sink the database file of the ingestor, or postgres://user@host:port/database.",
  },
  "watched-process-absent": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give --watch-pid a name and the number of a process that runs on this machine, such as broker=1234.",
  },
});
