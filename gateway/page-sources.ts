import type { Forwarder } from "../cloud-sync/uplink/forwarder.ts";
import type { Clock, Random } from "../device-drivers/ports/clock.ts";
import type { Log } from "../device-drivers/ports/log.ts";
import type { ClockTrust } from "./collect/clock-trust.ts";
import type { Collector } from "./collect/collector.ts";
import type { RadioSupervisor } from "./collect/radio-supervisor.ts";
import type { EventFeed } from "./event-feed.ts";
import type { Forgotten } from "./pairing/forget-device.ts";
import type { PairingDesk } from "./pairing/pairing-desk.ts";
import type { Store } from "./store/store.ts";

/** What the pages of a running gateway, for people, are made from. */
export interface PageSources {
  readonly gateway: string;
  readonly version: string;
  readonly profile?: "hub" | "kiosk" | null;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The likeliest time, in milliseconds since 1970. */
  readonly now: () => number;
  readonly trust: Pick<ClockTrust, "state">;
  readonly forwarder: Pick<Forwarder, "status" | "syncNow">;
  readonly supervisor: Pick<RadioSupervisor, "state" | "active" | "radio">;
  readonly collector: Pick<Collector, "hurry" | "expect">;
  readonly events: Pick<EventFeed, "listen">;
  /** Pairing windows are opened here, one at a time, whoever asks. */
  readonly pairing: PairingDesk;
  /** The device, its key and its assignments. */
  readonly forget: (deviceId: string) => Promise<Forgotten>;
  readonly certificateExpiresAt: (() => number | null) | null;
  /** Of the certificate that these pages are served under. */
  readonly pagesCertificateExpiresAt: (() => number | null) | null;
}
