import type { ConfigEntry } from "../config/print-config.ts";
import type { Store } from "../store/store.ts";

/** Takes out of a text whatever is known to name somebody or something here, and whatever looks like it. */
export type Redact = (text: string) => string;

/** A shorter one would be found in words that have nothing to do with it. */
const secretCharsMin = 4;
const secretsMax = 20_000;
const removed = "[removed]";

/** What is known here that must not leave: from the store, and the texts of the configuration. */
export async function redactionFor(
  store: Pick<Store, "devices" | "bonds" | "people" | "assignments"> | null,
  configuration: readonly ConfigEntry[],
): Promise<Redact> {
  const secrets = [...(store === null ? [] : await secretsOf(store)), ...configuration.flatMap(placesOf)];
  return redacting(secrets);
}

export function redacting(secrets: readonly (string | null)[]): Redact {
  const known = new Set<string>();
  for (const secret of secrets) if (secret !== null && secret.length >= secretCharsMin) known.add(secret);
  // The longest first: a part of it may be a secret as well.
  const ordered = [...known].toSorted((a, b) => b.length - a.length).slice(0, secretsMax);
  return (text) => {
    let shown = text;
    for (const secret of ordered) if (shown.includes(secret)) shown = shown.replaceAll(secret, removed);
    for (const pattern of patterns) shown = shown.replaceAll(pattern, removed);
    return shown;
  };
}

const patterns: readonly RegExp[] = [
  // Six octets in hex, however they are joined, or twelve digits and more in one.
  /(?<![0-9A-Fa-f])[0-9A-Fa-f]{2}(?:[:_-][0-9A-Fa-f]{2}){5}(?![0-9A-Fa-f])/g,
  /(?<![0-9A-Fa-f-])[0-9A-Fa-f]{12,}(?![0-9A-Fa-f-])/g,
  // Addresses of hosts, and of documents.
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s"\\]+/gi,
  /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g,
  // Paths of files.
  /(?<![\w/.])\/(?:[\w.@-]+\/)+[\w.@-]+/g,
];

async function secretsOf(
  store: Pick<Store, "devices" | "bonds" | "people" | "assignments">,
): Promise<readonly (string | null)[]> {
  const [devices, bonds, people, assignments] = await Promise.all([
    store.devices(),
    store.bonds(),
    store.people(),
    store.assignments(),
  ]);
  return [
    ...devices.flatMap(({ id, address, name, serial, systemId }) => [id, address, name, serial, systemId]),
    ...bonds.flatMap(({ address, deviceId, name, serial, fingerprint }) => [
      address,
      deviceId,
      name,
      serial,
      fingerprint,
    ]),
    ...people.map(({ reference }) => reference),
    ...assignments.flatMap(({ id, person, consent }) => [id, person, consent]),
  ];
}

/** Hosts, files and names: the texts that are not one of a few words. */
function placesOf({ key, value }: ConfigEntry): readonly string[] {
  if (typeof value !== "string" || !/(?:url|file|folder|path|host|socket|bus|command|adapters|name|user)/i.test(key))
    return [];
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^@/]*@)?([^:/]+)/i.exec(value)?.[1];
  return host === undefined ? [value] : [value, host];
}
