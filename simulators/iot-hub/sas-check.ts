import { createHmac, timingSafeEqual } from "node:crypto";

export interface SasExpectation {
  /** `{hub}/devices/{device}` */
  readonly resource: string;
  /** In base64: primary and secondary. */
  readonly keys: readonly string[];
  readonly nowS: number;
}

/** When the token expires, in seconds since 1970; or why it lets nobody in. */
export function checkSas(password: string | null, { resource, keys, nowS }: SasExpectation): number | string {
  const fields = fieldsOf(password);
  if (fields === null) return "the password is no shared access signature";
  const { sr, sig, se } = fields;
  const scope = decoded(sr)?.toLowerCase();
  if (scope !== resource.toLowerCase()) return "the token is for another resource";
  const given = Buffer.from(decoded(sig) ?? "", "base64");
  const isSigned = keys.some((key) => {
    const expected = createHmac("sha256", Buffer.from(key, "base64")).update(`${sr}\n${se}`).digest();
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
  if (!isSigned) return "the signature is not by a key of this device";
  const expiresAtS = Number(se);
  return expiresAtS <= nowS ? `the token expired ${nowS - expiresAtS} s ago` : expiresAtS;
}

/** The fields may come in any order; a policy's name is not for devices. */
function fieldsOf(password: string | null): { readonly sr: string; readonly sig: string; readonly se: string } | null {
  const [, list = ""] = /^SharedAccessSignature (.+)$/.exec(password ?? "") ?? [];
  const fields = new Map(list.split("&").map((field): [string, string] => [field.split("=")[0] ?? "", valueOf(field)]));
  const [sr, sig, se] = [fields.get("sr"), fields.get("sig"), fields.get("se")];
  if (sr === undefined || sig === undefined || se === undefined || !/^\d{1,12}$/.test(se)) return null;
  return { sr, sig, se };
}

const valueOf = (field: string): string => field.slice(field.indexOf("=") + 1);

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}
