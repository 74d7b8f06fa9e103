/** The value of a JSON text, or undefined for bytes that are too many, not UTF-8 or not JSON. */
export function parseJson(bytes: Uint8Array, bytesMax: number): unknown {
  if (bytes.byteLength > bytesMax) return undefined;
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });
