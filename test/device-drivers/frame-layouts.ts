/**
 * The layouts of the characteristics, written a second time from the specification and without the codecs: what says
 * how long a frame must be is not what is under test.
 */
export interface FrameLayout {
  readonly name: string;
  /** How many octets at the start decide which fields follow; 0 where the layout is fixed. */
  readonly flagOctets: number;
  /** The fields after those octets, given the first octet and the second. */
  readonly fields: (first: number, second: number) => readonly FieldKind[];
  /** Does the definition fix the length, so that octets too many are a fault as well? */
  readonly fixedLength: boolean;
  /** First octets that are worth more tries than chance gives them. */
  readonly firstOctets?: readonly number[];
  readonly secondOctets?: readonly number[];
}

export type FieldKind =
  | "uint8"
  | "uint16"
  | "uint32"
  | "percent"
  | "sfloat"
  | "float"
  | "pressure"
  | "date-time"
  | "record-header"
  | "filter-of-sequence"
  | "filter-of-time";

export const fieldOctets: Readonly<Record<FieldKind, number>> = {
  uint8: 1,
  uint16: 2,
  uint32: 4,
  percent: 1,
  sfloat: 2,
  float: 4,
  pressure: 2,
  "date-time": 7,
  "record-header": 1,
  "filter-of-sequence": 1,
  "filter-of-time": 1,
};

/** The fewest octets that a frame with these first octets may have. */
export const requiredOctets = (layout: FrameLayout, first: number, second: number): number =>
  layout.fields(first, second).reduce((sum, kind) => sum + fieldOctets[kind], layout.flagOctets);

type Choice = readonly [bit: number, ...fields: FieldKind[]];

const flagged =
  (always: readonly FieldKind[], ...choices: readonly Choice[]) =>
  (flags: number): readonly FieldKind[] => [
    ...always,
    ...choices.flatMap(([bit, ...fields]) => (((flags >> bit) & 1) === 1 ? fields : [])),
  ];

const variable = (name: string, fields: FrameLayout["fields"]): FrameLayout => ({
  name,
  flagOctets: 1,
  fields: memoized(fields),
  fixedLength: false,
});

const fixed = (name: string, ...fields: readonly FieldKind[]): FrameLayout => ({
  name,
  flagOctets: 0,
  fields: () => fields,
  fixedLength: true,
});

const pressures: readonly FieldKind[] = ["pressure", "pressure", "pressure"];

/** A cuff pressure and two that are unused, which may hold anything. */
const oneOfThree: readonly FieldKind[] = ["pressure", "sfloat", "sfloat"];

const cuffChoices: readonly Choice[] = [
  [1, "date-time"],
  [2, "sfloat"],
  [3, "uint8"],
  [4, "uint16"],
];

const enhancedChoices: readonly Choice[] = [
  [1, "uint32"],
  [2, "sfloat"],
  [3, "uint8"],
  [4, "uint16"],
  [5, "uint32"],
];

/** Without the flag of the user id, whose octet is always there. */
const bm85Fields = (flags: number): readonly FieldKind[] => [
  ...flagged(pressures, [1, "date-time"], [2, "sfloat"])(flags),
  "uint8",
  ...flagged([], [4, "uint16"])(flags),
];

const glucoseContextFields = flagged(
  ["uint16"],
  [7, "uint8"],
  [0, "uint8", "sfloat"],
  [1, "uint8"],
  [2, "uint8"],
  [3, "uint16", "uint8"],
  [4, "uint8", "sfloat"],
  [6, "sfloat"],
);

const requestFields = (_opCode: number, operator: number): readonly FieldKind[] => {
  if (operator === 2 || operator === 3) return ["filter-of-sequence", "uint16"];
  return operator === 4 ? ["filter-of-sequence", "uint16", "uint16"] : [];
};

const timeRequestFields = (_opCode: number, operator: number): readonly FieldKind[] => {
  if (operator === 2 || operator === 3) return ["filter-of-time", "date-time"];
  return operator === 4 ? ["filter-of-time", "date-time", "date-time"] : [];
};

export const layouts = {
  glucoseMeasurement: variable(
    "2A18",
    flagged(["uint16", "date-time"], [0, "uint16"], [1, "sfloat", "uint8"], [3, "uint16"]),
  ),
  glucoseContext: variable("2A34", glucoseContextFields),
  bloodPressure: variable("2A35", flagged(pressures, ...cuffChoices)),
  bloodPressureBm85: variable("BEURER-BM85-2A35", bm85Fields),
  cuffPressure: variable("2A36", flagged(oneOfThree, ...cuffChoices)),
  enhancedBloodPressure: variable("2B34", flagged(pressures, ...enhancedChoices)),
  enhancedCuffPressure: variable("2B35", flagged(["pressure"], ...enhancedChoices)),
  bloodPressureRecord: variable("2B36", () => ["uint16", "uint16"]),
  batteryLevelStatus: variable("2BED", flagged(["uint16"], [0, "uint16"], [1, "percent"], [2, "uint8"])),
  racpResponse: {
    name: "2A52 response",
    flagOctets: 2,
    fields: () => ["uint16"],
    fixedLength: false,
    firstOctets: [5, 6, 8],
    secondOctets: [0],
  },
  racpRequest: {
    name: "2A52 request",
    flagOctets: 2,
    fields: requestFields,
    fixedLength: true,
    firstOctets: [1, 2, 3, 4, 7],
    secondOctets: [0, 1, 2, 3, 4, 5, 6],
  },
  racpTimeRequest: {
    name: "2A52 request by time",
    flagOctets: 2,
    fields: timeRequestFields,
    fixedLength: true,
    firstOctets: [1, 2, 4, 7],
    secondOctets: [2, 3, 4],
  },
  glucoseFeature: fixed("2A51", "uint16"),
  bloodPressureFeature: fixed("2A49", "uint16"),
  dateTime: fixed("2A08", "date-time"),
  dayDateTime: fixed("2A0A", "date-time", "uint8"),
  timeWithDst: fixed("2A11", "date-time", "uint8"),
  currentTime: fixed("2A2B", "date-time", "uint8", "uint8", "uint8"),
  localTimeInformation: fixed("2A0F", "uint8", "uint8"),
  referenceTimeInformation: fixed("2A14", "uint8", "uint8", "uint8", "uint8"),
  systemId: fixed("2A23", "uint32", "uint32"),
  pnpId: fixed("2A50", "uint8", "uint16", "uint16", "uint16"),
  batteryLevel: fixed("2A19", "percent"),
  sfloat: fixed("SFLOAT", "sfloat"),
  float: fixed("FLOAT", "float"),
} satisfies Record<string, FrameLayout>;

/** The fields of each first octet, worked out once: a million frames ask for them. */
function memoized(fields: FrameLayout["fields"]): FrameLayout["fields"] {
  const known = Array.from({ length: 256 }, (_, first) => fields(first, 0));
  return (first) => known[first] ?? [];
}
