/** The control socket of the gateway that owns this database. */
export const controlPath = (storePath: string): string => `${storePath}.sock`;
