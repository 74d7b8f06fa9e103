/** What a test or a scenario can make happen to one device at a moment of its choosing, beside what chance does. */
export type AirCommand =
  /** Out of range or asleep: it is not heard, and its link is lost. */
  | { readonly type: "vanish"; readonly address: string }
  | { readonly type: "return"; readonly address: string }
  /** Its link is lost now. */
  | { readonly type: "disconnect"; readonly address: string }
  /** Its link is lost in a later transfer, after so many more values have been sent whole. */
  | {
      readonly type: "cut-transfer";
      readonly address: string;
      readonly afterValues: number;
      /** `confirmation`: the next value arrives, but its confirmation does not. */
      readonly before: "value" | "confirmation";
    }
  | { readonly type: "refuse-connections"; readonly address: string; readonly count: number }
  /** The next values that need no confirmation do not arrive. */
  | { readonly type: "drop-notifications"; readonly address: string; readonly count: number }
  /** The next values that need no confirmation arrive twice. */
  | { readonly type: "repeat-notifications"; readonly address: string; readonly count: number }
  | { readonly type: "delay-values"; readonly address: string; readonly count: number; readonly delayMs: number }
  /** The device forgets the bond, and its link is lost. */
  | { readonly type: "forget-bond"; readonly address: string }
  /** The device is paired (again). */
  | { readonly type: "pair"; readonly address: string }
  /** The next pairings are refused by the device, as by one that nobody has put into pairing mode. */
  | { readonly type: "refuse-pairings"; readonly address: string; readonly count: number }
  /** The next passkeys that its user reads at the central are typed wrongly. */
  | { readonly type: "mistype-passkeys"; readonly address: string; readonly count: number };
