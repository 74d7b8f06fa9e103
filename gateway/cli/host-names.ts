import { isIP } from "node:net";
import { InvalidArgumentError } from "commander";

/** One more host name of an option that may be given several times. */
export function hostList(text: string, before: readonly string[]): readonly string[] {
  const isName = text.length <= 253 && /^(?!-)[A-Za-z0-9-]{1,63}(?:\.(?!-)[A-Za-z0-9-]{1,63})*$/.test(text);
  if (isName && isIP(text) === 0) return [...before, text];
  throw new InvalidArgumentError("It must be a host name such as broker.example.");
}

export function addressList(text: string, before: readonly string[]): readonly string[] {
  if (isIP(text) !== 0) return [...before, text];
  throw new InvalidArgumentError("It must be an address such as 192.0.2.7 or 2001:db8::7.");
}

/** What stands in a certificate's common name behind `ingestor-`. */
export function ingestorNameArgument(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,50}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be letters, digits and _ . - , at most 51.");
}
