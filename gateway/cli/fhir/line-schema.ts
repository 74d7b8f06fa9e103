import { z } from "zod";
import { canonicalNames } from "./line-names.ts";
import { momentMsMax } from "./line-time.ts";

/** One line of `carepost fhir`: what one device gave one gateway in one connection. */
export type FhirLine = z.infer<typeof fhirLine>;

/** FHIR strings hold no control characters (R4, 2.24.0.1), and half of a surrogate pair is no character at all. */
const plain = /^[^\p{Cc}\p{Cs}]*$/u;

const text = z.string().trim().min(1).max(128).regex(plain, "holds what is no character of a text");
const optionalText = text.nullish();

const systemId = z
  .string()
  .regex(/^(?:0x)?(?:[0-9A-Fa-f]{2}[\s:-]?){8}$/)
  .describe(
    "IEEE EUI-64: 16 hex digits, OUI first, whatever stands between the pairs; 2A23 sends it the other way round",
  );

const address = z
  .string()
  .regex(/^(?:[0-9A-Fa-f]{2}[\s:-]?){6}$/)
  .describe("Bluetooth address, 12 hex digits, only where it is public or static");

const opaque = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;
const reference = z.string().regex(/^Patient\/[A-Za-z0-9.-]{1,64}$/);

const person = z
  .union([
    z.string().regex(opaque).describe("an opaque reference: becomes a logical identifier in Carepost's own system"),
    reference.describe("the id of a Patient resource on the server"),
    z.object({ reference }).describe("the same"),
    z
      .object({
        system: z
          .string()
          .max(256)
          .regex(/^[^\s\p{Cc}\p{Cs}]+$/u, "is a URI, without blanks"),
        value: text,
      })
      .describe("a logical identifier in a system of yours, opaque as well"),
  ])
  .describe("whose measurements they are; absent or null: nobody's, and the Observations have no subject");

const moment = z.union([z.string().min(10).max(64), z.number().min(0).max(momentMsMax)]);

const frame = z.object({
  characteristic: z
    .string()
    .min(4)
    .max(64)
    .describe(
      "2A18 with its 2A34, 2A35, 2B34 or 2B36; besides 2A2B or 2A08 (the device's clock), 180A (2A23 to 2A29) and 2A49 (features). Short, 0x… or the long UUID",
    ),
  hex: z.string().max(4096).describe("the octets, the first one first; blanks, : and - between them do no harm"),
  receivedAt: moment.nullish().describe("when this one came, if it was not with the others"),
});

const clock = z
  .object({
    deviceTime: z
      .string()
      .regex(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?$/)
      .nullish()
      .describe("what the device's clock showed, without a zone"),
    at: moment.nullish().describe("when it was read; receivedAt if absent"),
    offsetMs: z.int().nullish().describe("or in place of both: gateway clock less device clock, in milliseconds"),
  })
  .describe("the device's clock as it was read in this connection; a frame 2A2B does as well");

const utcOffset = z.union([z.int().min(-840).max(840), z.string().regex(/^(?:Z|[+-]\d\d(?::?\d\d)?)$/)]);

const gateway = z.object({
  id: text.optional().describe("the gateway's id; needed if there is no systemId"),
  systemId: systemId.nullish(),
  version: optionalText.describe("of its software"),
  timeZone: optionalText.describe("IANA name of the site's zone, which the device's clock shows: Europe/Berlin"),
  utcOffset: utcOffset.nullish().describe("in its place: minutes, or +02:00"),
  timeSync: z.enum(["ntp", "none"]).nullish().describe("how its clock is kept right; ntp if absent"),
});

const device = z.object({
  id: optionalText.describe("what you know the device by, if it has neither a System ID nor a serial number"),
  systemId: systemId.nullish(),
  address: address.nullish(),
  manufacturer: optionalText,
  model: optionalText,
  serial: optionalText,
  firmware: optionalText,
  hardware: optionalText,
  software: optionalText,
});

const line = z.object({
  gateway: gateway.refine(({ id, systemId: own }) => id !== undefined || typeof own === "string", {
    error: "needs an id or a systemId",
  }),
  device,
  person: person.nullish(),
  users: z
    .record(z.string().regex(/^(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-4])$/), person)
    .nullish()
    .describe(
      "in place of person, for a cuff of several users: whose each of its user indices is; others are nobody's",
    ),
  receivedAt: moment
    .nullish()
    .describe("when the frames came: ISO 8601 with the site's UTC offset, or milliseconds since 1970"),
  clock: clock.nullish(),
  frames: z.array(frame).min(1).max(10_000),
});

/** Names that other programs use for the same are taken for these before a line is judged; unknown fields are ignored. */
export const fhirLine = z.preprocess(canonicalNames, line);

/** JSON Schema of a line, with what each field means. */
export const fhirLineJsonSchema = (): object => ({
  title: "carepost fhir: one line of standard input",
  ...z.toJSONSchema(line, { io: "input" }),
});
