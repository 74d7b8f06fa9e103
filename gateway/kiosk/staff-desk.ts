import type { z } from "zod";
import type {
  assignHeld,
  discardHeld,
  endAssignment,
  nameDevice,
  saveAssignment,
  setKiosks,
  StaffCheck,
  StaffView,
  withdrawConsent,
} from "./contract/staff-view.ts";

/** What staff see and decide: a port between the HTTP service and the gateway. `actor` is who did it, for the audit log. */
export interface StaffDesk {
  /** What is shown of readings is audited. */
  view(actor: string): Promise<StaffView>;
  assignHeld(request: z.infer<typeof assignHeld>, actor: string): Promise<void>;
  discardHeld(request: z.infer<typeof discardHeld>, actor: string): Promise<void>;
  saveAssignment(request: z.infer<typeof saveAssignment>, actor: string): Promise<void>;
  endAssignment(request: z.infer<typeof endAssignment>, actor: string): Promise<void>;
  forgetDevice(request: z.infer<typeof nameDevice>, actor: string): Promise<void>;
  /** It stays at the kiosk for everybody, or no longer does. */
  setKiosks(request: z.infer<typeof setKiosks>, actor: string): Promise<void>;
  withdrawConsent(request: z.infer<typeof withdrawConsent>, actor: string): Promise<void>;
  endVisit(actor: string): Promise<void>;
  /** Takes some seconds. */
  doctor(signal: AbortSignal): Promise<readonly StaffCheck[]>;
  /** One text file that helps whoever helps: nothing of any person, no value, no address, no serial number. */
  supportBundle(actor: string): Promise<{ readonly name: string; readonly text: string }>;
}
