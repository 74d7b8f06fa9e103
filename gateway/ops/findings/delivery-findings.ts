/** What the checks of certificates, broker and ingestor say: see `machine-findings.ts`. */
export const deliveryFindings = {
  "identity-none": ["this gateway keeps no certificate of its own (identity.folder is not set)", null],
  "identity-absent": [
    "this gateway has not been enrolled",
    "Enrol it with `carepost enroll` and a token of the authority's.",
  ],
  "identity-valid": ["valid until {end} UTC, for {days|1 day|# days} more", null],
  "identity-valid-hours": ["valid until {end} UTC, for {hours|1 hour|# hours} more", null],
  "identity-renewal-due": [
    "valid until {end} UTC, for {days|1 day|# days} more, and to be renewed",
    "Nothing if the gateway runs and was just started. If this stays, its log says why (identity-renewal-failed).",
  ],
  "identity-renewal-due-hours": [
    "valid until {end} UTC, for {hours|1 hour|# hours} more, and to be renewed",
    "Nothing if the gateway runs and was just started. If this stays, its log says why (identity-renewal-failed).",
  ],
  "identity-not-yet-valid": [
    "not valid yet, by this machine's clock, which says {time}",
    "Set the clock: `sudo timedatectl set-ntp true`. The broker cannot be reached until it is right.",
  ],
  "identity-expired": [
    "it expired on {end} UTC, {days|1 day|# days} ago",
    "Start the gateway: it renews a certificate for 30 days after its end. After that, or if it is refused, `carepost enroll` with a token.",
  ],
  "identity-expired-hours": [
    "it expired on {end} UTC, {hours|1 hour|# hours} ago",
    "Start the gateway: it renews a certificate for 30 days after its end. After that, or if it is refused, `carepost enroll` with a token.",
  ],

  "ca-unreadable": ["caFile holds no certificate in PEM", "Put the certificates of the authorities there."],
  "ca-alone": ["{authorities|1 authority is|# authorities are} known; no certificate is shown", null],
  "cert-unreadable": ["certFile holds no certificate in PEM", "Put the own certificate first in it."],
  "key-of-another": ["the key does not fit the certificate", "Let certFile and the key's file be of one issue."],
  "cert-not-for-client": ["the certificate of {name} is not made for a client", "Have one issued for this purpose."],
  "cert-not-for-server": ["the certificate of {name} is not made for a server", "Have one issued for this purpose."],
  "cert-of-another": ["the certificate is made out to {name}, not to {meant}", "Have one issued for this name."],
  "cert-of-no-ingestor": [
    "the certificate is made out to {name}, not to an ingestor (ingestor-…)",
    "Have one issued for this name.",
  ],
  "cert-expired": ["the certificate has expired on {end}", "Renew it; readings are kept meanwhile."],
  "cert-not-yet-valid": [
    "the certificate is not valid yet",
    "Check this machine's clock, then the certificate's dates.",
  ],
  "cert-expiring": ["the certificate expires on {end}", "Renew it in time: without it nobody is let in."],
  "ca-expired": ["one of the authorities in caFile has expired", "Put its successor there."],
  "cert-fit": ["key and certificate fit; valid until {end}", null],

  "pages-cert-none": ["none is needed: the pages are served to this machine alone, at {url}", null],
  "pages-cert-open": [
    "none: the page is served in plain to the network, on port {port}, and tells it no reading",
    null,
  ],
  "pages-cert-fit": ["key and certificate fit; valid until {end}", null],
  "pages-cert-unreadable": [
    "kiosk.certFile holds no certificate in PEM",
    "Put the pages' certificate there, with its chain after it. The one that is served stays until then.",
  ],
  "pages-cert-key": [
    "the key does not fit the pages' certificate",
    "Let kiosk.certFile and kiosk.keyFile be of one issue. What is put there is served without a restart; the old pair stays until then.",
  ],
  "pages-cert-purpose": [
    "the certificate of {name} is not made for a server",
    "Have one issued for serving pages (extended key usage: server authentication).",
  ],
  "pages-cert-names": [
    "valid until {end}, but not made out to {names}",
    "Have one issued for each name and address by which the pages are reached; browsers warn of any other.",
  ],
  "pages-cert-expired": [
    "it has expired on {end}, and browsers refuse the pages or warn of them",
    "Put a new certificate and its key there: they are served without a restart.",
  ],
  "pages-cert-not-yet-valid": [
    "it is not valid before {start}",
    "Check this machine's clock, then the certificate's dates.",
  ],
  "pages-cert-expiring": [
    "it expires on {end}",
    "Put a new certificate and its key there in time: they are served without a restart.",
  ],

  "broker-answers": ["{url} answers in {ms} ms and speaks MQTT {version}", null],
  "broker-answers-tls": ["{url} answers in {ms} ms over {version}; its certificate is valid until {end}", null],
  "iot-hub-by-key": [
    "an IoT Hub, and its key is in order; entering would throw the gateway out, whose log says whether it is connected",
    null,
  ],
  "iot-hub-by-certificate": [
    "an IoT Hub, by certificate; entering would throw the gateway out, whose log says whether it is connected",
    null,
  ],

  "ingestor-not-asked": ["only the gateway's own certificate may ask it: see whether the backlog shrinks", null],
  "ingestor-nothing-to-ask": ["no reading has been delivered yet with which to ask it", null],
  "needs-broker": ["needs the broker", null],
  "ingestor-mute": [
    "the broker took a batch, and no receipt came in {seconds} s",
    "Start `carepost ingest` at this broker, and look at its log if it runs.",
  ],
  "ingestor-rejects": [
    "it answers, but rejects what it took before ({code})",
    "Run one version of Carepost at both ends.",
  ],
  "ingestor-forgot": [
    "it answers, but did not have a reading that was delivered; it has it again now",
    "Find out whether the sink was replaced or restored from a backup, and send it what it lost.",
  ],
  "ingestor-has-it": ["it answers, and has what was delivered to it", null],
} as const;
