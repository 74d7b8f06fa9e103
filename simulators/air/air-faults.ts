/**
 * The faults of the virtual air. Each is one that a gateway must survive, because real rooms have it:
 *
 * - **Waiting** (`…LatencyMs`): a connection interval, a busy adapter, a meter that thinks. Nothing may assume an order
 *   between two devices, nor that an answer comes before the value that it announces.
 * - **Refusal and time-out of a connection**: another phone holds the device, or it fell asleep after it was heard.
 *   The next advertisement is the next chance, and no other device may wait for this one.
 * - **Loss of a notification**: the link layer repeats what was lost, but stacks on both sides drop unconfirmed values
 *   when a buffer is full. A meter keeps its records, so a record that is missing is asked for again. An indication is
 *   never dropped: its sender waits for the confirmation.
 * - **Replay of a notification**: stacks resend, and some meters send each record twice. It must count once.
 * - **Loss of the link** at each moment of a transfer: within a request, before a value, and between a value and its
 *   confirmation. What had arrived is valid. The last is the hard one: the gateway holds a reading of which the cuff
 *   believes that nobody has it, and the cuff shows it again; where the confirmation does arrive, a cuff that forgets
 *   will never show it again, so it must be durable before it is confirmed.
 * - **Loss of an advertisement**, which every radio has, all day.
 * - **Loss of a bond**: a battery change, or a phone that was paired since. The device refuses until it is paired again.
 *
 * What is never injected: a value with changed octets (the link layer checks a CRC and encryption a MAC; what a device
 * itself sends wrong is the peripheral's fault), and two values of one characteristic out of order.
 */
export interface AirFaults {
  /** From request to answer. */
  readonly operationLatencyMs: Span;
  /** From sending to arrival; the values of one link keep their order. */
  readonly valueLatencyMs: Span;
  readonly connectLatencyMs: Span;
  /** Of each attempt. */
  readonly connectRefusal: Probability;
  /** Of each attempt, which then ends after `connectTimeoutMs`. */
  readonly connectTimeout: Probability;
  readonly connectTimeoutMs: number;
  readonly advertisementLoss: Probability;
  readonly notificationLoss: Probability;
  readonly notificationReplay: Probability;
  /** Of each request, before the device has heard it. */
  readonly linkLossPerOperation: Probability;
  /** Of each value, before it arrives. */
  readonly linkLossPerValue: Probability;
  /** Of each indication, after its value was taken and before the device hears the confirmation. */
  readonly linkLossPerConfirmation: Probability;
  /** Of each connection, before its first request. */
  readonly bondLoss: Probability;
}

/** In [0, 1]. */
export type Probability = number;

/** Drawn evenly from `minMs` to `maxMs`. */
export interface Span {
  readonly minMs: number;
  readonly maxMs: number;
}

const atOnce: Span = { minMs: 0, maxMs: 0 };

/** An air in which nothing fails and nothing takes time: for tests of other things. */
export const stillAir: AirFaults = {
  operationLatencyMs: atOnce,
  valueLatencyMs: atOnce,
  connectLatencyMs: atOnce,
  connectRefusal: 0,
  connectTimeout: 0,
  connectTimeoutMs: 10_000,
  advertisementLoss: 0,
  notificationLoss: 0,
  notificationReplay: 0,
  linkLossPerOperation: 0,
  linkLossPerValue: 0,
  linkLossPerConfirmation: 0,
  bondLoss: 0,
};

/** A living room: it takes its time, and little fails. */
export const homeAir: AirFaults = {
  ...stillAir,
  operationLatencyMs: { minMs: 8, maxMs: 40 },
  valueLatencyMs: { minMs: 8, maxMs: 30 },
  connectLatencyMs: { minMs: 40, maxMs: 250 },
  connectRefusal: 0.01,
  advertisementLoss: 0.1,
  linkLossPerValue: 0.001,
};

/** A room full of devices and people: everything fails now and then. */
export const crowdedAir: AirFaults = {
  operationLatencyMs: { minMs: 8, maxMs: 120 },
  valueLatencyMs: { minMs: 8, maxMs: 90 },
  connectLatencyMs: { minMs: 40, maxMs: 900 },
  connectRefusal: 0.08,
  connectTimeout: 0.02,
  connectTimeoutMs: 4_000,
  advertisementLoss: 0.4,
  notificationLoss: 0.01,
  notificationReplay: 0.02,
  linkLossPerOperation: 0.005,
  linkLossPerValue: 0.01,
  linkLossPerConfirmation: 0.02,
  bondLoss: 0,
};
