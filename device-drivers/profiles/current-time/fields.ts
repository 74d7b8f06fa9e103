import type { DeviceDateTime } from "../../measurement/device-time.ts";
import { count, timeIsKnown, timeText } from "../../kit/decoded-fields.ts";
import type { FieldValue } from "../../kit/decoded-fields.ts";
import { adjustReasonNames, type CurrentTime, type DayDateTime, type TimeWithDst } from "./codec.ts";
import type { LocalTimeInformation, ReferenceTimeInformation } from "./zone-codec.ts";

type Fields = Readonly<Record<string, FieldValue | undefined>>;

export const dateTimeFields = (time: DeviceDateTime): Fields => ({
  dateTime: timeText(time),
  known: timeIsKnown(time),
});

export const dayDateTimeFields = ({ time, dayOfWeek }: DayDateTime): Fields => ({ ...dateTimeFields(time), dayOfWeek });

export const currentTimeFields = (current: CurrentTime): Fields => ({
  ...dayDateTimeFields(current),
  fractions256: current.fractions256,
  adjustReason: adjustReasonNames(current.adjustReason),
});

export const timeWithDstFields = ({ time, dstOffsetMin }: TimeWithDst): Fields => ({
  ...dateTimeFields(time),
  ...dstOffsetFields(dstOffsetMin),
});

export const timeZoneFields = (minutes: number | null): Fields => ({ timeZone: count(minutes, "min") });

export const dstOffsetFields = (minutes: number | null): Fields => ({ dstOffset: count(minutes, "min") });

export const localTimeInformationFields = (information: LocalTimeInformation): Fields => ({
  ...timeZoneFields(information.timeZoneMin),
  ...dstOffsetFields(information.dstOffsetMin),
});

export const referenceTimeInformationFields = (information: ReferenceTimeInformation): Fields => ({
  source: information.source,
  accuracy: accuracyField(information.accuracyEighths),
  daysSinceUpdate: information.daysSinceUpdate,
  hoursSinceUpdate: information.hoursSinceUpdate,
});

/** An eighth of a second is 125 milliseconds; 254 and 255 are no accuracy. */
const accuracyField = (eighths: number): FieldValue => count(eighths >= 254 ? null : eighths * 125, "s", -3);
