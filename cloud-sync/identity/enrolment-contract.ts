import { z } from "zod";
import { gatewayId } from "../contract/reading.ts";

/** What gateways and the enrolment service say to each other, in JSON over HTTPS. */
export const enrolPath = "/v1/enroll";
export const renewPath = "/v1/renew";
export const crlPath = "/v1/crl";

const csr = z.string().min(1).max(4096);

export const enrolRequest = z.strictObject({
  token: z.string().min(1).max(64),
  /** PKCS #10, PEM, of a P-256 key. Its subject is ignored. */
  csr,
  /** Whom the gateway takes itself for, so that a token that was mixed up is refused before it is used up. */
  gateway: gatewayId.optional(),
});

export const renewRequest = z.strictObject({ csr });

const pem = z.string().max(16_384);

export const enrolAnswer = z.object({
  gateway: gatewayId,
  /** The certificate, and that of the authority which issued it, PEM. */
  chain: pem,
  /** What the gateway is to trust, PEM. */
  ca: pem,
  /** The service's clock, in milliseconds since 1970. */
  at: z.number(),
});
export type EnrolAnswer = z.infer<typeof enrolAnswer>;

export const refusalAnswer = z.object({ error: z.object({ code: z.string().max(64), message: z.string().max(512) }) });

/** Above any request that is meant well. */
export const requestBytesMax = 16_384;
