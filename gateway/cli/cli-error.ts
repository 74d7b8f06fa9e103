import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** Failures of the command line itself. Bad usage is told by commander, with exit code 2. */
export const cliErrors = defineErrors({
  "unknown-characteristic": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give one of the characteristics that `carepost decode --list` names, by its four hex digits.",
  },
  "not-hex": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give the octets as pairs of hex digits, for example 00786E: no 0x, and an even number of digits.",
  },
  "frame-rejected": {
    blame: "device",
    recovery: "quarantine",
    remedy:
      "Nothing can be read from these octets. Compare them with what the device sent, from its first octet to its last.",
  },
  "bench-absent": {
    blame: "operator",
    recovery: "stop",
    remedy: "Run it in a checkout of the project: an installed package comes without its measurements.",
  },
  "store-absent": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Name the database with --store or the configuration with --config; `carepost gateway` makes one when it first runs.",
  },
  "sink-absent": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Name the database with --sink or the configuration with --config; `carepost ingest` makes one when it first runs.",
  },
  "homes-file-wrong": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Let the file have a person's opaque reference, a comma and the id of that person's home hub on each line, and nothing else. Nothing was changed.",
  },
  "gateway-running": {
    blame: "operator",
    recovery: "stop",
    remedy: "Stop the gateway, run this again, and start it: it collects what it missed. Looking needs no stop.",
  },
  "unknown-device": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give an id that `carepost devices list` shows.",
  },
  "consent-withdrawn": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Let the person agree anew, at the kiosk or on paper, and assign their device under that consent: what was withdrawn stays so.",
  },
  "pairing-needs-answer": {
    blame: "operator",
    recovery: "stop",
    remedy: "Run it at a terminal, or give what the message names as an option.",
  },
  "radio-absent": {
    blame: "operator",
    recovery: "stop",
    remedy: "Name the configuration with --config, so that the radio of its section radio is used.",
  },
  "unknown-reading": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give an id that `carepost readings list` shows: its first eight characters, or more.",
  },
  "reading-id-ambiguous": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give more of the id: `carepost readings list --json` shows it whole.",
  },
  "unknown-person": {
    blame: "operator",
    recovery: "stop",
    remedy: "Add the person first with `carepost people add`, or give a reference that `carepost people list` shows.",
  },
  "audit-broken": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Keep the database and all that lies beside it as it is, and find out who had access to it since the last head that was delivered; what stands before the break is as it was written.",
  },
  "reading-not-held": {
    blame: "operator",
    recovery: "stop",
    remedy: "Only a reading that waits for a person can be given to one: `carepost readings held` lists them.",
  },
  "scenario-unusable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Name a scenario that `carepost simulate --list` shows, or mend the file as the message says.",
  },
  "kiosk-page-unbuilt": {
    blame: "operator",
    recovery: "stop",
    remedy: "Run `npm run build`, which `npm install` does as well, or leave the kiosk out with --no-kiosk.",
  },
  "demo-process-ended": {
    blame: "program",
    recovery: "stop",
    remedy: "Read the end of the log that is named; everything that the demo made is still beside it.",
  },
  "file-exists": {
    blame: "operator",
    recovery: "stop",
    remedy: "Choose another folder, or say --force if the file may be written over.",
  },
  "broker-plan-invalid": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give names of letters, digits, dots, dashes and underscores, and paths without line breaks.",
  },
  "enrolment-url-missing": {
    blame: "operator",
    recovery: "stop",
    remedy: "Name the enrolment service with --url, or in the configuration as identity.enrolUrl.",
  },
  "enrolment-token-missing": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give the token that `carepost ca token` showed, with --token or --token-file.",
  },
  "file-unreadable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Check that the file exists and that this user may read it.",
  },
  "file-unwritable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Name a file in a folder that this user may write to.",
  },
  "file-present": {
    blame: "operator",
    recovery: "stop",
    remedy: "Name another file, or move this one away: a key is never overwritten.",
  },
  "line-malformed": {
    blame: "operator",
    recovery: "stop",
    remedy: "Write one `UUID HEX` on each line, with a blank between them and no more than 64 KiB.",
  },
  "fhir-line-invalid": {
    blame: "operator",
    recovery: "stop",
    remedy: "Compare the line with `carepost fhir --schema`: one JSON object a line, of no more than 1 MiB.",
  },
});
