import { createHmac } from "node:crypto";

export interface SasClaim {
  /** `{hub host name}/devices/{device id}` */
  readonly resource: string;
  /** The device's symmetric key, in base64. */
  readonly key: string;
  /** Seconds since 1970. */
  readonly expiresAtS: number;
}

/**
 * A shared access signature for one device: HMAC-SHA256 with the decoded key over the URL-encoded resource, a line feed
 * and the expiry.
 *
 * @see https://learn.microsoft.com/azure/iot-hub/iot-hub-dev-guide-sas "Security token structure"
 */
export function sasToken({ resource, key, expiresAtS }: SasClaim): string {
  const encoded = encodeURIComponent(resource);
  const signature = createHmac("sha256", Buffer.from(key, "base64"))
    .update(`${encoded}\n${expiresAtS}`)
    .digest("base64");
  return `SharedAccessSignature sr=${encoded}&sig=${encodeURIComponent(signature)}&se=${expiresAtS}`;
}

/** Node decodes anything as base64, so a key with a slip in it would sign, and be refused for no visible reason. */
export const isSasKey = (text: string): boolean =>
  /^(?:[A-Za-z0-9+/]{4}){4,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
