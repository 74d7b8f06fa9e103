/** One way in which an identity may stand among octets. */
export interface Spelling {
  readonly octets: Uint8Array;
  /** Text is replaced by text of the same shape, anything else by zeros. */
  readonly isText: boolean;
}

/** A text of fewer characters is found everywhere, and tells nobody. */
export const textCharactersMin = 5;
/** Three octets stand in a frame by chance once in a million frames; two would in every few hundred. */
const octetsMin = 3;
/** Windows of a longer text that are looked for by themselves, because devices put the end of a serial into their name. */
const pieceCharacters = 6;

/**
 * Every spelling of an identifier of several octets, given most significant octet first: as it stands, turned round, as
 * hex text in either order, case and separation, and as a decimal number. Longest first; none that is trivial.
 */
export function octetSpellings(identifier: Uint8Array): readonly Spelling[] {
  const orders = [identifier, identifier.toReversed()];
  const texts = orders.flatMap((octets) => [
    ...separators.map((separator) => hexText(octets, separator)),
    numberOf(octets).toString(),
  ]);
  return ordered([...orders.map(raw), ...texts.flatMap(textSpellings)]);
}

/**
 * Every spelling of a text such as a serial number: in either case, turned round, in 16-bit characters, as hex text; its
 * digits by themselves, as packed decimal and as a number in either byte order; the octets it stands for, where it is hex;
 * and each piece of it that is long enough to be its own.
 */
export function serialSpellings(serial: string): readonly Spelling[] {
  const digits = serial.replaceAll(/\D/g, "");
  const significant = digits.replace(/^0+/, "");
  const texts = [serial, digits, significant, ...piecesOf(serial), ...Array.from(digitRuns(serial))];
  const isHex = /^(?:[0-9A-Fa-f]{2}){3,}$/.test(serial);
  const number = significant === "" ? [] : numberOctets(BigInt(significant));
  return ordered([
    ...texts.flatMap(textSpellings),
    ...[serial, digits].flatMap((text) => textSpellings(hexText(new TextEncoder().encode(text), ""))),
    ...(isHex ? bothOrders(Uint8Array.from(pairsOf(serial))) : []),
    ...(digits.length >= 2 * octetsMin ? bothOrders(Uint8Array.from(pairsOf(evenly(digits)))) : []),
    ...(significant === "" ? [] : textSpellings(BigInt(significant).toString(16))),
    ...bothOrders(Uint8Array.from(number)),
  ]);
}

const separators = ["", ":", "-", " ", "."];

/** In both cases, both directions, and in characters of one octet and of two. */
function textSpellings(text: string): readonly Spelling[] {
  if (text.length < textCharactersMin || isFiller(text)) return [];
  const turned = Array.from(text).toReversed().join("");
  const forms = new Set([text, turned].flatMap((form) => [form, form.toUpperCase(), form.toLowerCase()]));
  return Array.from(forms).flatMap((form) => {
    const octets = new TextEncoder().encode(form);
    return [
      { octets, isText: true },
      // Without the last zero it is found in either byte order.
      { octets: Uint8Array.from(Array.from(octets).flatMap((octet) => [octet, 0])).subarray(0, -1), isText: true },
    ];
  });
}

const bothOrders = (octets: Uint8Array): readonly Spelling[] => [octets, octets.toReversed()].map(raw);

const raw = (octets: Uint8Array): Spelling => ({ octets, isText: false });

/** Longest first, each once, without those that say nothing: too short, or hardly more than zeros. */
function ordered(spellings: readonly Spelling[]): readonly Spelling[] {
  const distinct = new Map<string, Spelling>();
  for (const spelling of spellings) {
    if (spelling.isText || isTelling(spelling.octets)) distinct.set(spelling.octets.join(), spelling);
  }
  return [...distinct.values()].toSorted((left, right) => right.octets.length - left.octets.length);
}

const isTelling = (octets: Uint8Array): boolean =>
  octets.length >= octetsMin && new Set(octets.filter((octet) => octet !== 0 && octet !== 0xff)).size >= 2;

/** One character again and again, or what a blanked text looks like, is nobody's. */
const isFiller = (text: string): boolean => new Set(text.toLowerCase()).size < 2 || /^[0X:. -]*$/.test(text);

/** Each run of digits by itself, as devices show the number without the letters before it. */
const digitRuns = (text: string): Iterable<string> => text.match(/\d{5,}/g) ?? [];

/** Pieces that hold digits enough not to be a word. */
function piecesOf(text: string): readonly string[] {
  if (text.length <= pieceCharacters) return [];
  return Array.from({ length: text.length - pieceCharacters + 1 }, (_, at) =>
    text.slice(at, at + pieceCharacters),
  ).filter((piece) => piece.replaceAll(/\D/g, "").length >= pieceCharacters / 2);
}

const hexText = (octets: Uint8Array, separator: string): string =>
  Array.from(octets, (octet) => octet.toString(16).toUpperCase().padStart(2, "0")).join(separator);

const numberOf = (octets: Uint8Array): bigint => octets.reduce((number, octet) => number * 256n + BigInt(octet), 0n);

/** Most significant octet first, without zeros before it. */
function numberOctets(number: bigint): readonly number[] {
  const octets: number[] = [];
  for (let rest = number; rest > 0n; rest /= 256n) octets.unshift(Number(rest % 256n));
  return octets;
}

const evenly = (digits: string): string => (digits.length % 2 === 0 ? digits : `0${digits}`);

const pairsOf = (text: string): readonly number[] =>
  Array.from({ length: text.length / 2 }, (_, index) => Number.parseInt(text.slice(2 * index, 2 * index + 2), 16));
