import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isSasKey, sasToken } from "../../../../cloud-sync/mqtt/iot-hub/sas-token.ts";
import { checkSas } from "../../../../simulators/iot-hub/sas-check.ts";

// The signatures were made with `openssl dgst -sha256 -mac HMAC`.
test("a token is signed over the encoded resource and its expiry", () => {
  expect(
    sasToken({
      resource: "contoso.azure-devices.net/devices/MyDevice01",
      key: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
      expiresAtS: 1_800_000_000,
    }),
  ).toBe(
    "SharedAccessSignature sr=contoso.azure-devices.net%2Fdevices%2FMyDevice01" +
      "&sig=%2F8FluI0vPTWy62CPERK%2F4zi7ST0eWEY13u6QnngfSho%3D&se=1800000000",
  );
  expect(
    sasToken({
      resource: "myhub.azure-devices.net/devices/device1",
      key: "YSBrZXkgb2YgdGhpcnR5LXR3byBvY3RldHMsIGZpbmU=",
      expiresAtS: 1_456_973_447,
    }),
  ).toBe(
    "SharedAccessSignature sr=myhub.azure-devices.net%2Fdevices%2Fdevice1" +
      "&sig=jKBQDNckRMn3YM3q0AEbovc6edEktMLkpLeMmd5HMUE%3D&se=1456973447",
  );
});

test("a hub takes a token until its expiry, of the right key and for the right device only", () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/);
  const key = fc.uint8Array({ minLength: 16, maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString("base64"));
  fc.assert(
    fc.property(name, key, fc.integer({ min: 1, max: 4_000_000_000 }), (device, secret, expiresAtS) => {
      const resource = `contoso.azure-devices.net/devices/${device}`;
      const token = sasToken({ resource, key: secret, expiresAtS });
      expect(isSasKey(secret)).toBe(true);
      expect(checkSas(token, { resource, keys: [secret], nowS: expiresAtS - 1 })).toBe(expiresAtS);
      expect(checkSas(token, { resource, keys: [secret], nowS: expiresAtS })).toContain("expired");
      const otherKey = Buffer.alloc(65, 1).toString("base64");
      expect(checkSas(token, { resource, keys: [otherKey], nowS: 0 })).toContain("signature");
      expect(checkSas(token, { resource: `${resource}x`, keys: [secret], nowS: 0 })).toContain("another resource");
      const stretched = token.replace(/&se=\d+/, `&se=${expiresAtS + 1}`);
      expect(checkSas(stretched, { resource, keys: [secret], nowS: 0 })).toContain("signature");
    }),
  );
});

test("what is no key is known before it signs anything", () => {
  const wrong = [
    "",
    "short",
    "not base64 at all!!",
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    `${"A".repeat(43)}=\n`,
  ];
  expect(wrong.filter(isSasKey)).toEqual([]);
  expect(checkSas(null, { resource: "x", keys: [], nowS: 0 })).toContain("no shared access signature");
});
