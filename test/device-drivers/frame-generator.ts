import { fieldOctets, requiredOctets } from "./frame-layouts.ts";
import type { FieldKind, FrameLayout } from "./frame-layouts.ts";
import type { SeededOctets } from "./seeded-octets.ts";

/** A frame that knows its definition: mostly right, wrong at the edges where decoders go wrong. */
export interface GeneratedFrame {
  readonly bytes: Uint8Array;
  /** Negative when octets are missing, positive when there are too many. */
  readonly surplus: number;
}

const frameOctetsMax = 64;
const surplusMax = 8;

/** Half of the frames have their exact length, a quarter end early at any octet, a quarter go on. */
export function generateFrame(layout: FrameLayout, chance: SeededOctets): GeneratedFrame {
  const buffer = new Uint8Array(frameOctetsMax);
  const first = layout.flagOctets > 0 ? pick(layout.firstOctets, chance) : 0;
  const second = layout.flagOctets > 1 ? pick(layout.secondOctets, chance) : 0;
  buffer[0] = first;
  buffer[1] = second;
  const required = requiredOctets(layout, first, second);
  let offset = layout.flagOctets;
  for (const kind of layout.fields(first, second)) {
    writeField(buffer, { kind, offset }, chance);
    offset += fieldOctets[kind];
  }
  for (let at = required; at < required + surplusMax; at += 1) buffer[at] = chance.uint8();
  const length = lengthOf(required, chance);
  return { bytes: buffer.slice(0, length), surplus: length - required };
}

function lengthOf(required: number, chance: SeededOctets): number {
  const way = chance.below(4);
  if (way === 0) return chance.below(required);
  return way === 1 ? required + 1 + chance.below(surplusMax) : required;
}

function pick(likely: readonly number[] | undefined, chance: SeededOctets): number {
  if (likely === undefined || chance.below(16) === 0) return chance.uint8();
  return likely[chance.below(likely.length)] ?? 0;
}

const edges8 = [0, 1, 2, 7, 8, 23, 24, 59, 60, 99, 100, 101, 0x7f, 0x80, 0xfe, 0xff];
const edges16 = [0, 1, 0xff, 0x100, 0x7ffe, 0x7fff, 0x8000, 0xfffe, 0xffff];
const edgesSfloat = [0x07ff, 0x07fe, 0x0800, 0x0801, 0x0802, 0xf7ff, 0xffff, 0x8000, 0x7fff, 0x0000, 0xb06f, 0xf4f6];
const edgesFloat = [0x007fffff, 0x007ffffe, 0x00800000, 0x00800001, 0x00800002, 0xff7fffff, 0xffffffff, 0, 0xfe000eb0];
const edgesYear = [0, 1, 1581, 1582, 1900, 2000, 2023, 2024, 9999, 10_000, 0xffff];

interface Place {
  readonly kind: FieldKind;
  readonly offset: number;
}

function writeField(buffer: Uint8Array, { kind, offset }: Place, chance: SeededOctets): void {
  if (kind === "date-time") writeDateTime(buffer, offset, chance);
  else if (kind === "pressure") writePressure(buffer, offset, chance);
  else if (kind === "filter-of-sequence" || kind === "filter-of-time") {
    buffer[offset] = kind === "filter-of-time" ? 2 : 1;
  } else writeLittleEndian(buffer, { offset, octets: fieldOctets[kind] }, numberOf(kind, chance));
}

function numberOf(kind: FieldKind, chance: SeededOctets): number {
  const isEdge = chance.below(4) === 0;
  if (kind === "percent") return isEdge ? at(edges8, chance) : chance.below(101);
  if (kind === "uint8") return isEdge ? at(edges8, chance) : chance.below(12);
  if (kind === "sfloat") return isEdge ? at(edgesSfloat, chance) : chance.below(0x1_0000);
  if (kind === "float") return isEdge ? at(edgesFloat, chance) : chance.uint32();
  if (kind === "uint32") return chance.uint32();
  return isEdge ? at(edges16, chance) : chance.below(0x1_0000);
}

/** Mostly what a cuff says, in units or in tenths. */
function writePressure(buffer: Uint8Array, offset: number, chance: SeededOctets): void {
  const inTenths = 0xf000 + chance.below(0x800);
  const plausible = chance.below(2) === 0 ? chance.below(300) : inTenths;
  writeLittleEndian(buffer, { offset, octets: 2 }, chance.below(16) === 0 ? numberOf("sfloat", chance) : plausible);
}

function writeDateTime(buffer: Uint8Array, offset: number, chance: SeededOctets): void {
  const isEdge = chance.below(8) === 0;
  writeLittleEndian(buffer, { offset, octets: 2 }, isEdge ? at(edgesYear, chance) : 2000 + chance.below(50));
  const bounds = isEdge ? [14, 33, 25, 61, 61] : [13, 29, 24, 60, 60];
  for (const [part, bound] of bounds.entries()) buffer[offset + 2 + part] = chance.below(bound);
  if (chance.below(64) === 0) buffer.fill(0xff, offset, offset + 7);
}

function writeLittleEndian(
  buffer: Uint8Array,
  { offset, octets }: { readonly offset: number; readonly octets: number },
  value: number,
): void {
  for (let index = 0; index < octets; index += 1) buffer[offset + index] = value >>> (8 * index);
}

const at = (edges: readonly number[], chance: SeededOctets): number => edges[chance.below(edges.length)] ?? 0;
