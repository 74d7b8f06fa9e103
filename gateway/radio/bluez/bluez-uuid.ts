/** Core Vol 3 Part B 2.5.1. */
const baseTail = "-0000-1000-8000-00805F9B34FB";

/** BlueZ writes all UUIDs whole and in lower case; the GATT port shortens those that the SIG has assigned. */
export function portUuid(uuid: string): string {
  const whole = uuid.toUpperCase();
  const isAssigned = whole.length === 36 && whole.startsWith("0000") && whole.endsWith(baseTail);
  return isAssigned ? whole.slice(4, 8) : whole;
}

/** The other way round, as BlueZ wants it in a discovery filter. */
export const bluezUuid = (uuid: string): string => (uuid.length === 4 ? `0000${uuid}${baseTail}` : uuid).toLowerCase();
