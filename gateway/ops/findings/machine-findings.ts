/**
 * What the checks of the machine say, in English: what was found, and how to mend it. `fill-text.ts` says what the
 * braces mean; other languages are in `gateway/kiosk/web/messages`.
 */
export const machineFindings = {
  "node-fit": ["Node {version}", null],
  "node-old": ["Node {version} is too old", "Install Node {needed}, or start Carepost by its own launcher."],

  "config-read": ["{gateway}, from {file}", null],
  "config-from-environment": ["{gateway}, from the environment", null],
  "config-wrong": ["{problems}", "{remedies}"],
  "needs-config": ["needs a valid configuration", null],

  "disk-fit": ["{room} free in {folder}; a flush takes {flush} ms, at worst {worst} ms", null],
  "disk-nearly-full": [
    "{room} free in {folder}; a flush takes {flush} ms, at worst {worst} ms",
    "Make room on this disk, or move store.path to another.",
  ],
  "disk-slow": [
    "{room} free in {folder}; a flush takes {flush} ms, at worst {worst} ms",
    "Move store.path to a faster disk: every reading waits for one flush before its device goes on.",
  ],
  "disk-unwritable": [
    "{folder} cannot be written ({code})",
    "Create the folder of store.path and give it to the user that Carepost runs as, or mount its disk.",
  ],

  "store-not-yet": ["there is none yet: the gateway makes {path} when it first runs", null],
  "store-without-folder": [
    "the folder of {path} does not exist",
    "Create it, and give it to the user that Carepost runs as.",
  ],
  "store-sound": ["sound, {size} MiB, {percent} % of its quota", null],
  "store-not-read-whole": ["too large to be read whole here, {size} MiB, {percent} % of its quota", null],
  "store-encrypted": ["encrypted", null],
  "store-filling": [
    "it is filling up",
    "See that the backlog drains, raise store.quotaMiB, or lower store.retentionDays.",
  ],
  "store-plain": [
    "not encrypted: whoever has the disk has the readings, and a flipped bit is not noticed",
    "Give a new store a key: `openssl rand -hex 32` into a file of mode 0600, and name it in store.keyFile.",
  ],

  "no-store": ["there is no store to look into", null],
  backlog: ["{readings|one reading|# readings}, {waiting} waiting", null],
  "backlog-store-full": [
    "the store takes no more readings ({alarm})",
    "Let the backlog drain or make room: the devices keep their readings meanwhile.",
  ],
  "backlog-old": ["the oldest has waited for {hours} h", "Mend what the checks of broker and ingestor name."],
  "backlog-rejected": ["{count} rejected by the ingestion end", "`carepost readings dead-letters list` says why."],
  "backlog-held": ["{count} held, because nobody knows whose they are", "`carepost readings held` lists them."],
  "backlog-undated": ["{count} undated, because the clock is in doubt", "They are dated when the clock is trusted."],
  "backlog-dropped": ["{count} dropped for want of room", "Raise store.quotaMiB, and mend the connection."],

  "clock-set": ["{time} in {zone}, set by the time service", null],
  "clock-vouched-for": ["{time} in {zone}, vouched for by the configuration", null],
  "clock-unsure": [
    "{time} in {zone}, but nothing says that it is right: readings stay undated until something does",
    "Let systemd-timesyncd set the clock; or, if something else does, say so with clock.assumeSynchronised.",
  ],

  "pages-kiosk-ready": ["the pages are built, and all that they are made from can be read", null],
  "pages-hub-ready": ["the page is built, and all that it is made from can be read", null],
  "pages-without-staff": [
    "the pages are ready, but nobody can sign in as staff",
    "Set a PIN with `carepost kiosk pin NAME`, and name its file in kiosk.staffFile.",
  ],

  "kernel-fit": ["Linux {version}", null],
  "kernel-faulty": [
    "Linux {version}: the series 6.1 can fail when a Low Energy connection ends, and takes Bluetooth with it until the next boot",
    "Use a newer kernel: on Debian 12, `apt-get install -t bookworm-backports linux-image-amd64`.",
  ],

  "no-gateway": ["none runs over this store", null],
  "gateway-mute": [
    "it runs, and does not answer within {seconds} s",
    "Look at its log; if it says nothing any more, start it anew: nothing is lost by that.",
  ],
  "gateway-hears": ["{gateway} runs on {radio}, and heard something {span} ago", null],
  "gateway-starts": ["{gateway} runs on {radio}, and begins to listen", null],
  "gateway-hears-nothing": [
    "{gateway} runs on {radio}, and has heard nothing for {span}, whatever it did about it",
    "Wake a device up and bring it near. If it is still not heard, unplug the adapter and plug it in.",
  ],
  "gateway-without-radio": [
    "{gateway} runs on {radio}, and cannot use it",
    "Mend what the checks of the radio name; the gateway goes on by itself.",
  ],

  "check-refused": ["{message} ({code})", "{remedy}"],
  "check-failed": ["the check itself failed: {message}", "Report this: it is a fault of the program."],
  "checks-failed": [
    "the checks failed: {message}",
    "Run `carepost doctor` on this machine: it tells each check as it ends.",
  ],
  "checks-late": [
    "not all checks were done in time",
    "Run `carepost doctor` on this machine: it tells each check as it ends.",
  ],
} as const;
