/** Properties of a message, as its topic carries them. A null is a key without a value. */
export type PropertyBag = ReadonlyMap<string, string | null>;

/**
 * `$.ct=application%2Fjson&kind=readings`: URL-encoded, so that no property can hold a topic's wildcard or separator.
 * The `$.` of system properties stays as it is: it is how the documentation writes it.
 *
 * @see https://learn.microsoft.com/azure/iot/iot-mqtt-connect-to-iot-hub "Sending device-to-cloud messages"
 */
export const encodeBag = (bag: PropertyBag): string =>
  [...bag].map(([key, value]) => (value === null ? encodeKey(key) : `${encodeKey(key)}=${encode(value)}`)).join("&");

/** Reads a bag, with the `?` in front of it or without. Null for what is not URL-encoded. */
export function decodeBag(text: string): PropertyBag | null {
  const bag = new Map<string, string | null>();
  for (const part of text.replace(/^\?/, "").split("&")) {
    if (part === "") continue;
    const [rawKey = "", ...rest] = part.split("=");
    const key = decode(rawKey);
    const value = rest.length === 0 ? null : decode(rest.join("="));
    if (key === undefined || value === undefined) return null;
    bag.set(key, value);
  }
  return bag;
}

const encodeKey = (key: string): string => encode(key).replace(/^%24/, "$");

/** A lone surrogate has no UTF-8, so it becomes the replacement character, as everywhere in a text of MQTT. */
const encode = (text: string): string => encodeURIComponent(text.toWellFormed());

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
