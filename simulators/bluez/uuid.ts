/** A UUID as BlueZ writes it: 36 characters in lower case. */
export const longUuid = (uuid: string): string =>
  (uuid.length === 4 ? `0000${uuid}-0000-1000-8000-00805F9B34FB` : uuid).toLowerCase();

/** A handle as it stands in an object's path. */
export const fourDigits = (handle: number): string => handle.toString(16).padStart(4, "0");
