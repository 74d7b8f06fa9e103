import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** The failures of a connection to a broker. Every adapter translates what its client says into these. */
export const connectionErrors = defineErrors({
  "broker-url-invalid": {
    blame: "operator",
    recovery: "stop",
    remedy: "Write the broker's address as mqtt://host:port or mqtts://host:port.",
  },
  "broker-unreachable": {
    blame: "network",
    recovery: "retry",
    remedy: "Check that the broker runs and that this machine's network reaches its address and port.",
  },
  "broker-timed-out": {
    blame: "network",
    recovery: "retry",
    remedy: "Check that the address is an MQTT broker's, and that no firewall swallows the answer.",
  },
  "broker-refused": {
    blame: "network",
    recovery: "retry",
    remedy: "Nothing if it passes: the broker is busy or is shutting down. If it stays, read the broker's log.",
  },
  "broker-version-refused": {
    blame: "operator",
    recovery: "retry",
    remedy: "Set the uplink's protocol to auto, or to the MQTT version that the broker speaks.",
  },
  "broker-certificate-untrusted": {
    blame: "operator",
    recovery: "retry",
    remedy: "Check the broker's certificate: its name, its dates and the authority that signed it.",
  },
  "own-certificate-unusable": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "Check the files of uplink.caFile, certFile and keyFile (of ingest.caFile, certFile and certKeyFile for an ingestor): `carepost doctor` and `carepost ingest check` say which is wrong.",
  },
  "own-certificate-refused": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "Renew this machine's certificate, or enrol it anew if it was revoked; and let the broker know the authority that signed it. Readings are kept meanwhile.",
  },
  "tls-handshake-failed": {
    blame: "operator",
    recovery: "retry",
    remedy: "Check that the port is the broker's TLS port, and that the broker speaks TLS 1.2 or newer.",
  },
  "not-authorized": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "Let this gateway id publish and subscribe under its own topics in the broker's access rules. With certificates: check that this one is in force, not revoked, and made out to this id.",
  },
  "quota-exceeded": {
    blame: "operator",
    recovery: "retry",
    remedy: "Raise this gateway's quota at the broker, or wait until it is free again.",
  },
  "packet-too-large": {
    blame: "operator",
    recovery: "quarantine",
    remedy: "Raise the broker's largest packet to 64 KiB, or set a smaller batchBytesMax.",
  },
  "publish-refused": {
    blame: "operator",
    recovery: "quarantine",
    remedy: "Read the broker's log: it took the message and refused it, for the reason that the error names.",
  },
  "connection-lost": {
    blame: "network",
    recovery: "retry",
    remedy: "Nothing: the gateway connects again by itself, and what was not acknowledged is sent again.",
  },
});
