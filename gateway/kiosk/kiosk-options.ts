import type { PageTls } from "../../cloud-sync/http/page-certificate.ts";
import type { KioskView } from "./contract/kiosk-view.ts";

/** What the pages of a gateway are told. */
export interface KioskOptions extends Pick<KioskView, "glucoseUnit" | "languages" | "emergencyNumber" | "isDemo"> {
  readonly pages: "kiosk" | "hub";
  readonly host: string;
  /** 0 takes any port that is free. */
  readonly port: number;
  /** Other names by which the pages are reached. */
  readonly names: readonly string[];
  readonly tls: PageTls | null;
  /** The text of the staff file; null where nobody signs in. */
  readonly pins: string | null;
  readonly staffIdleMs: number;
  readonly staffSessionMs: number;
  /** Null: the texts and the tables of Carepost. */
  readonly consentFile: string | null;
  readonly rangesFile: string | null;
  readonly idleWarnMs: number;
  readonly idleEndMs: number;
}
