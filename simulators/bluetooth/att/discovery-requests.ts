import { ByteReader } from "../../../device-drivers/kit/byte-reader.ts";
import { uint16Octets } from "../octets.ts";
import { attCodes, AttError, attOpcodes, attPdu } from "./att-pdu.ts";
import type { AttributeAccess } from "./attribute-access.ts";
import { type Attribute, gattTypes } from "./gatt-database.ts";
import { uuidOctets, uuidText } from "./uuid.ts";

/** A request, as its answerer sees it: what follows the opcode, and how much the answer may hold. */
export interface AttRequest {
  readonly parameters: Uint8Array;
  readonly mtu: number;
  readonly access: AttributeAccess;
}

/** Find Information (Core Vol 3 Part F 3.4.3.1). */
export function findInformation({ parameters, mtu, access }: AttRequest): Uint8Array {
  const { start, found } = inRange(new ByteReader(parameters), access);
  const format = uuidOctets(requireFirst(start, found).type).length;
  const entries = found.map(({ handle, type }) => ({ handle, uuid: uuidOctets(type) }));
  const end = entries.findIndex(({ uuid }) => uuid.length !== format);
  const fitting = entries.slice(0, Math.min(end < 0 ? entries.length : end, Math.floor((mtu - 2) / (2 + format))));
  const fields = fitting.flatMap(({ handle, uuid }) => [uint16Octets(handle), uuid]);
  return attPdu(attOpcodes.findInformationResponse, [format === 2 ? 0x01 : 0x02], ...fields);
}

/** Find By Type Value (3.4.3.3), of types of 16 bits and of values that do not change. */
export function findByTypeValue({ parameters, mtu, access }: AttRequest): Uint8Array {
  const reader = new ByteReader(parameters);
  const { start, found } = inRange(reader, access);
  const type = uuidText(uint16Octets(reader.uint16()));
  const value = reader.rest();
  const matching = found.filter(
    (attribute) =>
      attribute.type === type &&
      attribute.content.kind === "fixed" &&
      Buffer.compare(attribute.content.value, value) === 0,
  );
  requireFirst(start, matching);
  const fields = matching
    .slice(0, Math.floor((mtu - 1) / 4))
    .flatMap(({ handle, groupEnd }) => [uint16Octets(handle), uint16Octets(groupEnd ?? handle)]);
  return attPdu(attOpcodes.findByTypeValueResponse, ...fields);
}

/** Read By Type (3.4.4.1). The first attribute decides whether it fails and how long an entry is. */
export async function readByType({ parameters, mtu, access }: AttRequest): Promise<Uint8Array> {
  const reader = new ByteReader(parameters);
  const { start, found } = inRange(reader, access);
  const type = typeAt(reader);
  const matching = found.filter((attribute) => attribute.type === type);
  const first = requireFirst(start, matching);
  const valueOctetsMax = Math.min(mtu - 4, 253);
  const values: Uint8Array[] = [(await access.read(first)).slice(0, valueOctetsMax)];
  const valueOctets = values[0]?.length ?? 0;
  const room = Math.floor((mtu - 2) / (2 + valueOctets));
  for (const attribute of matching.slice(1, room)) {
    const value = await readIfAllowed(access, attribute);
    if (value?.length !== valueOctets) break;
    values.push(value);
  }
  const fields = values.flatMap((value, position) => [uint16Octets(matching[position]?.handle ?? 0), value]);
  return attPdu(attOpcodes.readByTypeResponse, [2 + valueOctets], ...fields);
}

/** Read By Group Type (3.4.4.9), of services. */
export function readByGroupType({ parameters, mtu, access }: AttRequest): Uint8Array {
  const reader = new ByteReader(parameters);
  const { start, found } = inRange(reader, access);
  const type = typeAt(reader);
  if (type !== gattTypes.primaryService && type !== gattTypes.secondaryService) {
    throw new AttError(start, attCodes.unsupportedGroupType);
  }
  const groups = found.flatMap(({ handle, groupEnd, content, ...attribute }) =>
    attribute.type === type && groupEnd !== null && content.kind === "fixed"
      ? [{ handle, groupEnd, value: content.value }]
      : [],
  );
  const octets = requireFirst(start, groups).value.length;
  const end = groups.findIndex(({ value }) => value.length !== octets);
  const fitting = groups.slice(0, Math.min(end < 0 ? groups.length : end, Math.floor((mtu - 2) / (4 + octets))));
  const fields = fitting.flatMap(({ handle, groupEnd, value }) => [
    uint16Octets(handle),
    uint16Octets(groupEnd),
    value,
  ]);
  return attPdu(attOpcodes.readByGroupTypeResponse, [4 + octets], ...fields);
}

function inRange(
  reader: ByteReader,
  access: AttributeAccess,
): { readonly start: number; readonly found: readonly Attribute[] } {
  const start = reader.uint16();
  const end = reader.uint16();
  if (start === 0 || start > end) throw new AttError(start, attCodes.invalidHandle);
  return { start, found: access.database.attributes.filter(({ handle }) => handle >= start && handle <= end) };
}

function typeAt(reader: ByteReader): string {
  const type = uuidText(reader.rest());
  // The lengths of a UUID are the lengths of the request, which were checked.
  if (type === null) throw new AttError(0, attCodes.invalidPdu);
  return type;
}

function requireFirst<T>(start: number, found: readonly T[]): T {
  const [first] = found;
  if (first === undefined) throw new AttError(start, attCodes.attributeNotFound);
  return first;
}

/** Null where it may not be read: the list ends before it. */
async function readIfAllowed(access: AttributeAccess, attribute: Attribute): Promise<Uint8Array | null> {
  try {
    return await access.read(attribute);
  } catch (error) {
    if (error instanceof AttError) return null;
    throw error;
  }
}
