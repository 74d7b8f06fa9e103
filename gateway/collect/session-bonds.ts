import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { DeviceInformation } from "../../device-drivers/kit/driver.ts";
import type { Advertisement, GattLink } from "../../device-drivers/ports/gatt.ts";
import type { DeviceIdentity } from "./device-identity.ts";

/** What a session asks of whoever keeps the bonds, and tells them. `gateway/pairing` keeps them. */
export interface SessionBonds {
  /**
   * Takes a device for one session, before it is connected to. A device that forgets its key each time is paired anew;
   * a link that was opened early is closed for that, and is null in what it resolves with.
   * Rejects with `bond-lost` if there is no use in a session, with `device-being-paired` if somebody is pairing it, and
   * with what the pairing fails with. Then the early link is the caller's still.
   */
  begin(address: string, early: GattLink | null, signal: AbortSignal): Promise<SessionTicket>;
  /** Is somebody using the device now, in a session or to pair it? Whoever connects to it then cuts that. */
  isTaken(address: string): boolean;
  /** Judges a device by what it was when it was paired; the first session after that is what it is judged by. */
  judge(identity: DeviceIdentity, shown: ShownDevice): Promise<BondJudgement>;
}

export interface SessionTicket {
  readonly link: GattLink | null;
  /** To be called once, when the session is over: with what it ended by, whether it had a key, and whether it wants one. */
  end(outcome: {
    readonly failure: CarepostError | null;
    readonly bonded: boolean;
    readonly deviceId: string | null;
    readonly name: string | null;
    readonly wantsPairing?: Pick<Advertisement, "addressKind"> | null;
  }): Promise<void>;
}

export interface ShownDevice {
  readonly address: string;
  readonly bonded: boolean;
  readonly information: DeviceInformation;
  readonly fingerprint: string;
}

export interface BondJudgement {
  readonly identity: DeviceIdentity;
  /** It was paired here, on purpose: so it is one of ours. */
  readonly wasPaired: boolean;
}

/** For a gateway that leaves bonds to others. */
export const noBonds: SessionBonds = {
  begin: (_address, link) => Promise.resolve({ link, end: () => Promise.resolve() }),
  isTaken: () => false,
  judge: (identity) => Promise.resolve({ identity, wasPaired: false }),
};
