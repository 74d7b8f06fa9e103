import { inVariant, signatureOf } from "./service-bus.ts";

/** The options of ReadValue and WriteValue (doc/gatt-api.txt). */
export interface OperationOptions {
  readonly offset: number;
  readonly type: string | null;
}

/** Null where the daemon finds them invalid; names that it does not know it passes over. */
export function operationOptions(argument: unknown): OperationOptions | null {
  const given = new Map(Object.entries(Object(argument)).map(([name, value]) => [name.toLowerCase(), value]));
  const [offset, type] = [given.get("offset"), given.get("type")];
  if (offset !== undefined && signatureOf(offset) !== "q") return null;
  if (type !== undefined && signatureOf(type) !== "s") return null;
  return {
    offset: Number(inVariant(offset, "q") ?? 0),
    type: type === undefined ? null : String(inVariant(type, "s")).toLowerCase(),
  };
}
