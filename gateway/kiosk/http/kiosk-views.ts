import { isSameSecret } from "../../../cloud-sync/http/secret-text.ts";
import type { KioskView } from "../contract/kiosk-view.ts";
import type { VisitView } from "../contract/visit-view.ts";
import type { VisitDesk } from "../visit-desk.ts";
import type { KioskAccess } from "./kiosk-access.ts";

/** What is shown to whom, by the secrets that a browser brought. */
export interface KioskViews {
  kiosk(staffSecret: string | null): KioskView;
  /** Null if it is not the visit that is under way. */
  visit(visitSecret: string): VisitView | null;
  isStaff(staffSecret: string | null): boolean;
}

/** What everybody sees, but for who has signed in on the very screen. */
export type OpenView = Omit<KioskView, "staff" | "needsStaff">;

export interface ViewParts {
  readonly access: KioskAccess;
  readonly kiosk: () => OpenView;
  readonly visits: VisitDesk | null;
  readonly needsStaff: boolean;
}

export const kioskViews = ({ access, kiosk, visits, needsStaff }: ViewParts): KioskViews => ({
  kiosk: (staffSecret) => ({ ...kiosk(), needsStaff, staff: access.staffState(staffSecret) }),
  visit(visitSecret) {
    const current = visits?.current() ?? null;
    return current !== null && isSameSecret(visitSecret, current.secret) ? current.view() : null;
  },
  isStaff: (staffSecret) => access.staffState(staffSecret) === "signed-in",
});
