/**
 * What drivers and the gateway ask of a radio: the GATT client side of Bluetooth LE (Core Vol 3 Part G), no more.
 * Types only. Adapters: `gateway/radio/*`; the strict twin: `simulators/air`. The promises in these comments are
 * checked by `test/contracts/gatt-link.ts` against every adapter.
 *
 * UUIDs are written in upper case: four hex digits for a SIG-assigned one ("2A18"), else the 36-character form.
 */
export interface Radio {
  /**
   * Advertisements as they are heard, until `signal` is aborted, which ends the iteration without an error.
   * Values that nobody took yet are bounded: the newest of each device is kept.
   */
  advertisements(signal: AbortSignal): AsyncIterable<Advertisement>;
  /**
   * Connects and resolves when GATT operations may start.
   * Rejects with `device-absent`, `connect-refused`, `connect-timeout` or `adapter-absent`.
   */
  connect(address: string, signal: AbortSignal): Promise<GattLink>;
}

export interface Advertisement {
  /** The address it was heard from. May be private and change: never an identity. */
  readonly address: string;
  readonly addressKind: "public" | "random-static" | "random-private";
  readonly name: string | null;
  readonly services: readonly string[];
  readonly manufacturerData?: Readonly<Record<number, Uint8Array>>;
  readonly rssiDbm: number;
  /** It was not heard, because it is connected; nobody of ours has the connection. May be so whether the radio works or not. */
  readonly isLeftConnected?: true;
}

/**
 * One connection. One GATT operation is in flight at a time; the adapter queues, in call order.
 * After the link ends, every pending and later call rejects with `link-lost` (the peer or the air ended it)
 * or `link-closed` (we did).
 */
export interface GattLink {
  readonly address: string;
  readonly addressKind: Advertisement["addressKind"];
  /** Is there a bond with this device? */
  readonly bonded: boolean;
  /** The characteristics that were discovered, of all services. Declared properties may be lies. */
  discover(signal: AbortSignal): Promise<readonly GattCharacteristic[]>;
  /** Reads a whole value. Rejects with `att-error` (context.attError) if the peer refuses. */
  read(characteristic: GattCharacteristic, signal: AbortSignal): Promise<Uint8Array>;
  /** Writes with response: resolves when the peer has confirmed. Rejects with `att-error` if it refuses. */
  write(characteristic: GattCharacteristic, value: Uint8Array, signal: AbortSignal): Promise<void>;
  /**
   * Enables notifications or indications and resolves when the peer has confirmed the CCCD write. No value that the
   * peer sends after that is lost, nor one that races with the confirmation. Subscribing twice rejects with `misuse`.
   */
  subscribe(characteristic: GattCharacteristic, signal: AbortSignal): Promise<GattSubscription>;
  /** Ends the link. Idempotent; never rejects. */
  close(): Promise<void>;
}

export interface GattCharacteristic {
  readonly service: string;
  readonly uuid: string;
  /** Tells two characteristics with one UUID apart. */
  readonly handle: number;
  readonly properties: readonly GattProperty[];
}

export type GattProperty = "read" | "write" | "write-without-response" | "notify" | "indicate";

export interface GattSubscription {
  /**
   * The next value, in the order of arrival. An indication is confirmed to the peer when the value AFTER it is asked
   * for, where the adapter can hold the confirmation back, and by nothing else: so whoever makes a value durable before
   * asking for the next never loses one to a device that forgets what was confirmed. A value that nobody took, or that
   * was taken last when the subscription or the link was closed, stays unconfirmed, and the device shows it again.
   * Rejects with `link-lost` when the link ends, but only after every value that had arrived was taken; with
   * `link-closed` when we ended the link or, meanwhile, the subscription. An aborted call takes no value. Asking while
   * a value is being waited for, or after `close`, rejects with `misuse`.
   */
  next(signal: AbortSignal): Promise<Uint8Array>;
  /** Disables it. Idempotent; never rejects. */
  close(): Promise<void>;
}
