import type { FieldValue } from "../../kit/decoded-fields.ts";
import { toHex } from "../../kit/hex.ts";
import { systemIdText, vendorIdSourceName, type PnpId, type SystemId, type UniqueDeviceIdentifier } from "./codec.ts";

type Fields = Readonly<Record<string, FieldValue | undefined>>;

/** The two parts in the order of the wire, and the whole as people write it. */
export const systemIdFields = (systemId: SystemId): Fields => ({
  manufacturerWire: toHex(systemId.manufacturerIdentifier),
  ouiWire: toHex(systemId.organizationallyUniqueIdentifier),
  systemId: systemIdText(systemId),
});

export const pnpIdFields = (id: PnpId): Fields => ({
  vendorIdSource: vendorIdSourceName(id.vendorIdSource),
  vendorId: id.vendorId,
  productId: id.productId,
  productVersion: id.productVersion,
});

export const uniqueDeviceIdentifierFields = (udi: UniqueDeviceIdentifier): Fields => ({
  label: udi.label ?? undefined,
  deviceIdentifier: udi.deviceIdentifier ?? undefined,
  issuer: udi.issuer ?? undefined,
  authority: udi.authority ?? undefined,
});
