import { deliveryFindings } from "./delivery-findings.ts";
import { machineFindings } from "./machine-findings.ts";
import { radioFindings } from "./radio-findings.ts";

/** Everything that a check of a gateway says, in English, by its code: what was found, and how to mend it. */
export const findingTexts = { ...machineFindings, ...radioFindings, ...deliveryFindings };

export type FindingCode = keyof typeof findingTexts;
export type FindingText = readonly [finding: string, mend: string | null];

/** The names of the facts that a text wants, as the compiler reads them. */
type Wanted<Text> = Text extends `${string}{${infer Inner}}${infer Rest}` ? NameOf<Inner> | Wanted<Rest> : never;
type NameOf<Inner> = Inner extends `${infer Name}|${string}` ? Name : Inner;

export type FactsOf<Code extends FindingCode> = Readonly<
  Record<Wanted<(typeof findingTexts)[Code][0]> | Wanted<(typeof findingTexts)[Code][1]>, string | number>
>;
