import { fieldsToJson, knownCharacteristics } from "../../../device-drivers/characteristics.ts";
import type { DecodedFields, FieldValue } from "../../../device-drivers/kit/decoded-fields.ts";
import { decimalText } from "../../../device-drivers/measurement/decimal.ts";
import { failureJson, failureText } from "../failure.ts";
import { tableText } from "../table.ts";
import type { Paint, Terminal } from "../terminal.ts";
import { decodeFrame } from "./decode-frame.ts";
import type { FrameText } from "./decode-frame.ts";

/** Decodes one frame and prints it; resolves with the exit code. */
export async function decodeOne(frame: FrameText, json: boolean, terminal: Terminal): Promise<number> {
  const decoded = decodeFrame(frame);
  if (decoded.ok) {
    const { fields, bytes } = decoded.value;
    await terminal.out(json ? `${fieldsToJson(fields)}\n` : fieldsText({ ...frame, fields, bytes }, terminal.paint));
    return 0;
  }
  if (json) await terminal.out(failureJson(decoded.error));
  else terminal.note(failureText(decoded.error, terminal.paintNote, terminal.columnsNote));
  return 1;
}

interface ShownFrame extends FrameText {
  readonly fields: DecodedFields;
  readonly bytes: Uint8Array;
}

/** The name of the characteristic, its octets, and its fields one below the other. */
export function fieldsText({ uuid, fields, bytes }: ShownFrame, paint: Paint): string {
  const known = knownCharacteristics.find((one) => one.uuid === uuid.toUpperCase());
  const name = known === undefined ? uuid : `${known.name} (${known.uuid})`;
  const octets = bytes.length === 1 ? "1 octet" : `${bytes.length} octets`;
  const style = (text: string): string => paint("dim", text);
  const rows = Object.entries(fields).map(([field, value]) => [{ text: `  ${words(field)}`, style }, valueText(value)]);
  return `${paint("bold", name)}  ${paint("dim", octets)}\n${tableText(rows)}`;
}

/** `meanArterialPressure` is "mean arterial pressure". */
const words = (name: string): string => name.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function valueText(value: FieldValue): string {
  if (value === null) return "not known";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "object") return String(value).replaceAll("_", " ");
  if (isList(value))
    return value.length === 0 ? "none" : value.map((one) => String(one).replaceAll("_", " ")).join(", ");
  if ("mantissa" in value) return decimalText(value);
  const number =
    value.value === null
      ? `no number${value.special === undefined ? "" : ` (${value.special})`}`
      : decimalText(value.value);
  return `${number} ${value.unit}`;
}

const isList = (value: FieldValue): value is readonly (string | number)[] => Array.isArray(value);
