/**
 * Why the service refuses, as whoever asked reads it. Of tokens it says no more than that: which of unknown, used,
 * expired and another's it was is in the service's own log.
 */
export const refusals = {
  "request-malformed": { status: 400, message: "The request is not what this address takes." },
  "csr-refused": {
    status: 400,
    message: "The request for a certificate must be a PKCS #10 that its P-256 key signed.",
  },
  "certificate-required": { status: 401, message: "A renewal needs the certificate that is to be renewed." },
  "token-refused": { status: 403, message: "The token is not valid for this request." },
  "key-revoked": { status: 403, message: "A certificate for this key was revoked: ask with a new key." },
  "certificate-unknown": { status: 403, message: "The certificate is not one of this authority's gateways." },
  "certificate-revoked": { status: 403, message: "The gateway is revoked." },
  "certificate-expired": { status: 403, message: "The certificate expired too long ago: the gateway must enrol anew." },
  "not-found": { status: 404, message: "There is nothing at this address." },
  "body-too-large": { status: 413, message: "The request is larger than any that is meant well." },
  "too-many-requests": { status: 429, message: "Too many requests from this address: wait a minute." },
  "renewed-too-often": { status: 429, message: "This gateway has renewed its certificate too often today." },
  "service-failed": { status: 500, message: "The service failed; its log says why. Try again later." },
} as const satisfies Record<string, { readonly status: number; readonly message: string }>;

export type RefusalCode = keyof typeof refusals;
