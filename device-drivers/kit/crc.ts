/**
 * CRC-16/MCRF4XX: polynomial 1021 reflected, initial FFFF, no final xor. The E2E-CRC of Bluetooth health profiles, which
 * is sent little-endian after the octets that it covers. Check: "123456789" gives 6F91.
 */
export function crc16Mcrf4xx(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const octet of bytes) crc = (crc >>> 8) ^ (reflectedTable[(crc ^ octet) & 0xff] ?? 0);
  return crc;
}

/**
 * CRC-16/CCITT-FALSE: polynomial 1021, initial FFFF, no reflection, no final xor. Used by vendor protocols.
 * Check: "123456789" gives 29B1.
 */
export function crc16CcittFalse(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const octet of bytes) crc = ((crc << 8) & 0xffff) ^ (plainTable[(crc >>> 8) ^ octet] ?? 0);
  return crc;
}

const reflectedTable = Uint16Array.from({ length: 256 }, (_, octet) => {
  let crc = octet;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x8408 : crc >>> 1;
  return crc;
});

const plainTable = Uint16Array.from({ length: 256 }, (_, octet) => {
  let crc = octet << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
  return crc & 0xffff;
});
