import { ByteReader } from "../../../device-drivers/kit/byte-reader.ts";
import { ByteWriter } from "../../../device-drivers/kit/byte-writer.ts";

/** Connection parameters that a peripheral would like, in the units of the air (Core Vol 3 Part A 4.20). */
export interface WantedParameters {
  /** In 1.25 ms. */
  readonly intervalMin: number;
  readonly intervalMax: number;
  /** In connection events. */
  readonly latency: number;
  /** In 10 ms. */
  readonly supervisionTimeout: number;
}

const codes = {
  commandReject: 0x01,
  disconnectionRequest: 0x06,
  disconnectionResponse: 0x07,
  parameterUpdateRequest: 0x12,
  parameterUpdateResponse: 0x13,
  creditConnectionRequest: 0x14,
  creditConnectionResponse: 0x15,
  flowControlCredit: 0x16,
  enhancedConnectionRequest: 0x17,
  enhancedConnectionResponse: 0x18,
} as const;

/** Reasons of a command reject (4.1). */
const notUnderstood = 0x0000;
const mtuExceeded = 0x0001;
const invalidChannel = 0x0002;

/** Result of a refused connection of credit-based flow control (4.23, 4.26): no such SPSM. */
const spsmNotSupported = 0x0002;

/** What the LE signalling channel of every device takes (Core Vol 3 Part A 4): 23 octets. */
export const signallingOctetsMax = 23;

const headerOctets = 4;

/** Signals that are answers: they are for who asked, and are never answered. */
const unanswered: ReadonlySet<number> = new Set([
  codes.commandReject,
  codes.disconnectionResponse,
  codes.parameterUpdateResponse,
  codes.creditConnectionResponse,
  codes.flowControlCredit,
  codes.enhancedConnectionResponse,
]);

/**
 * What a peripheral without channels of its own answers to a signal; null where nothing is answered. A central may not
 * ask a peripheral for other parameters by L2CAP, so that is not understood either (Core Vol 3 Part A 4.20).
 */
export function answerSignal(signal: Uint8Array): Uint8Array | null {
  if (signal.length < headerOctets) return null;
  const reader = new ByteReader(signal);
  const code = reader.uint8();
  const identifier = reader.uint8();
  const octets = reader.uint16();
  if (unanswered.has(code) || identifier === 0) return null;
  if (signal.length > signallingOctetsMax) {
    return answer(codes.commandReject, identifier, new ByteWriter().uint16(mtuExceeded).uint16(signallingOctetsMax));
  }
  if (octets === reader.remaining) {
    // Both ends of the channel that is not there, in the order in which the request has them (4.1, 4.6).
    if (code === codes.disconnectionRequest && octets === 4) {
      return answer(codes.commandReject, identifier, new ByteWriter().uint16(invalidChannel).raw(reader.rest()));
    }
    const zeros = (count: number): ByteWriter => new ByteWriter().raw(new Uint8Array(count));
    // Destination CID, MTU, MPS and credits come before the result; they mean nothing with a refusal.
    if (code === codes.creditConnectionRequest) {
      return answer(codes.creditConnectionResponse, identifier, zeros(8).uint16(spsmNotSupported));
    }
    if (code === codes.enhancedConnectionRequest) {
      return answer(codes.enhancedConnectionResponse, identifier, zeros(6).uint16(spsmNotSupported));
    }
  }
  return answer(codes.commandReject, identifier, new ByteWriter().uint16(notUnderstood));
}

/** Asks the central for other parameters, as devices do that run on coin cells. */
export function parameterUpdateRequest(identifier: number, wanted: WantedParameters): Uint8Array {
  const { intervalMin, intervalMax, latency, supervisionTimeout } = wanted;
  const fields = new ByteWriter().uint16(intervalMin).uint16(intervalMax).uint16(latency).uint16(supervisionTimeout);
  return answer(codes.parameterUpdateRequest, identifier, fields);
}

function answer(code: number, identifier: number, fields: ByteWriter): Uint8Array {
  const data = fields.bytes();
  return new ByteWriter().uint8(code).uint8(identifier).uint16(data.length).raw(data).bytes();
}
