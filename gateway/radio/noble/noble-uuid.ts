/** Core Vol 3 Part B 2.5.1, without hyphens. */
const baseTail = "00001000800000805f9b34fb";

/** noble writes UUIDs in lower case without hyphens, and those of 16 or 32 bits without leading zeros. */
export function portUuid(uuid: string): string {
  const digits = uuid.replaceAll("-", "").toLowerCase();
  const whole = digits.length <= 8 ? digits.padStart(8, "0") + baseTail : digits;
  if (whole.startsWith("0000") && whole.endsWith(baseTail)) return whole.slice(4, 8).toUpperCase();
  return whole.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5").toUpperCase();
}
