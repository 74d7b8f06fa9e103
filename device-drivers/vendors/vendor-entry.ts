import type { DeviceQuirks } from "../kit/driver.ts";

/** What is known of one model, or of all models of one maker. */
export interface VendorEntry {
  /** The model as people call it. */
  readonly device: string;
  /** Judged on Device Information (180A). Each pattern that is given must match; a text that is missing matches none. */
  readonly match: { readonly manufacturer?: RegExp; readonly model?: RegExp };
  readonly quirks: Partial<DeviceQuirks>;
  /**
   * What it does besides that the profile's driver bears from every device, so that nobody takes the tolerance out
   * again for being unused.
   */
  readonly borne: readonly string[];
  /** Where this is known from. */
  readonly source: string;
}
