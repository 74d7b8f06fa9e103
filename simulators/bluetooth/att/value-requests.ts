import { ByteReader } from "../../../device-drivers/kit/byte-reader.ts";
import { joined, uint16Octets } from "../octets.ts";
import { attCodes, AttError, attOpcodes, attPdu } from "./att-pdu.ts";
import type { AttRequest } from "./discovery-requests.ts";
import type { PreparedWrites } from "./prepared-writes.ts";

/** A long value is read whole once and told in parts, so that the parts are of one value. */
export interface LongRead {
  readonly handle: number;
  readonly value: Uint8Array;
}

/** Read (Core Vol 3 Part F 3.4.4.3). What is longer than the answer is read on by Read Blob. */
export async function read({ parameters, mtu, access }: AttRequest): Promise<{
  readonly response: Uint8Array;
  readonly long: LongRead;
}> {
  const attribute = access.attribute(new ByteReader(parameters).uint16());
  const value = await access.read(attribute);
  const response = attPdu(attOpcodes.readResponse, value.subarray(0, mtu - 1));
  return { response, long: { handle: attribute.handle, value } };
}

/** Read Blob (3.4.4.5). */
export async function readBlob(
  { parameters, mtu, access }: AttRequest,
  long: LongRead | null,
): Promise<{ readonly response: Uint8Array; readonly long: LongRead }> {
  const reader = new ByteReader(parameters);
  const attribute = access.attribute(reader.uint16());
  const offset = reader.uint16();
  const { handle } = attribute;
  const isContinued = offset > 0 && long?.handle === handle;
  const value = isContinued ? long.value : await access.read(attribute);
  if (offset > value.length) throw new AttError(handle, attCodes.invalidOffset);
  const response = attPdu(attOpcodes.readBlobResponse, value.subarray(offset, offset + mtu - 1));
  return { response, long: { handle, value } };
}

/** Read Multiple (3.4.4.7): the values follow one another, and the client must know how long each is. */
export async function readMultiple(request: AttRequest): Promise<Uint8Array> {
  const values = await valuesOf(request);
  return attPdu(attOpcodes.readMultipleResponse, joined(...values).subarray(0, request.mtu - 1));
}

/** Read Multiple Variable (3.4.4.11): each value with its length. */
export async function readMultipleVariable(request: AttRequest): Promise<Uint8Array> {
  const values = await valuesOf(request);
  const fields = values.flatMap((value) => [uint16Octets(value.length), value]);
  return attPdu(attOpcodes.readMultipleVariableResponse, joined(...fields).subarray(0, request.mtu - 1));
}

/** Write (3.4.5.1). */
export async function write({ parameters, access }: AttRequest): Promise<Uint8Array> {
  const reader = new ByteReader(parameters);
  const attribute = access.attribute(reader.uint16());
  await access.write(attribute, reader.rest(), "write");
  return attPdu(attOpcodes.writeResponse);
}

/** Prepare Write (3.4.6.1): checked for permission now, for everything else when it is executed. */
export function prepareWrite({ parameters, access }: AttRequest, prepared: PreparedWrites): Uint8Array {
  const reader = new ByteReader(parameters);
  const attribute = access.attribute(reader.uint16());
  const offset = reader.uint16();
  access.checkWritable(attribute, "write");
  prepared.add({ handle: attribute.handle, offset, part: reader.rest() });
  return attPdu(attOpcodes.prepareWriteResponse, parameters);
}

/** Execute Write (3.4.6.3): writes what was prepared, or gives it up. */
export async function executeWrite({ parameters, access }: AttRequest, prepared: PreparedWrites): Promise<Uint8Array> {
  const [flags = 0] = parameters;
  if (flags > 1) throw new AttError(0, attCodes.invalidPdu);
  if (flags === 0) prepared.clear();
  for (const { handle, value } of prepared.take()) await access.write(access.attribute(handle), value, "write");
  return attPdu(attOpcodes.executeWriteResponse);
}

async function valuesOf({ parameters, access }: AttRequest): Promise<readonly Uint8Array[]> {
  const reader = new ByteReader(parameters);
  const values: Uint8Array[] = [];
  while (reader.remaining > 0) values.push(await access.read(access.attribute(reader.uint16())));
  return values;
}
