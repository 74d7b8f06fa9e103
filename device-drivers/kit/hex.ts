const digitPairs: readonly string[] = Array.from({ length: 256 }, (_, octet) =>
  octet.toString(16).toUpperCase().padStart(2, "0"),
);

/** Octets as upper-case hex digits without separators: the one notation of frames in stores, logs and vectors. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const octet of bytes) text += digitPairs[octet] ?? "";
  return text;
}

/** The octets of hex digits in either case, or null if the text is anything else. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = Number.parseInt(text.slice(2 * index, 2 * index + 2), 16);
  }
  return bytes;
}
