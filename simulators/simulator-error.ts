import { defineErrors } from "../device-drivers/kit/carepost-error.ts";

/** What can go wrong with a simulation itself. Failures that a simulation plays are those of the GATT port. */
export const simulatorErrors = defineErrors({
  "scenario-not-found": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give a scenario file, or a name from `carepost simulate --list`.",
  },
  "scenario-invalid": {
    blame: "operator",
    recovery: "stop",
    remedy: "Correct the keys that the message names; simulators/scenario/README.md describes each.",
  },
  "cue-invalid": {
    blame: "operator",
    recovery: "quarantine",
    remedy: "Write a JSON line with `device` and `do`, as the events of simulators/scenario/README.md are written.",
  },
  "air-unavailable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Choose another --socket: this one is in use, or its folder cannot be written.",
  },
  "bus-unavailable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Install dbus for a private bus, or give the address of one on which nobody is org.bluez yet.",
  },
  "journal-unwritable": {
    blame: "storage",
    recovery: "stop",
    remedy: "Choose another --journal: a file that can be written, on a disk with room.",
  },
  "session-unreadable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Name a file that `carepost capture` wrote, or one of test/vectors in which there is a session.",
  },
  "virtual-time-stuck": {
    blame: "program",
    recovery: "stop",
    remedy: "Report this: the work waits for something that no amount of virtual time brings.",
  },
});
