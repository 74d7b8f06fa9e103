/** Core Vol 3 Part B 2.5.1, without hyphens. */
const baseTail = "00001000800000805f9b34fb";

/** noble writes UUIDs in lower case without hyphens, and the short ones without leading zeros. */
export function portUuid(uuid: string): string {
  const whole = uuid.replaceAll("-", "").toLowerCase();
  if (whole.length <= 4) return whole.padStart(4, "0").toUpperCase();
  if (whole.length === 32 && whole.startsWith("0000") && whole.endsWith(baseTail))
    return whole.slice(4, 8).toUpperCase();
  return whole.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5").toUpperCase();
}
