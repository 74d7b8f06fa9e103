import { type Facts, fillText } from "../../../ops/findings/fill-text.ts";
import type { StaffCheck } from "../../contract/staff-view.ts";
import type { Language } from "../../contract/visit-view.ts";
import { checkErrorsEs } from "../messages/check-errors-es.ts";
import { checkNamesEs } from "../messages/check-names-es.ts";
import { checksDeliveryEs } from "../messages/checks-delivery-es.ts";
import { checksMachineEs, type CheckText } from "../messages/checks-machine-es.ts";
import { checksRadioEs } from "../messages/checks-radio-es.ts";
import { settingReasonsEs } from "../messages/setting-reasons-es.ts";

/** What a check is called, what it found, and how to mend it: a line each. */
export interface CheckWords {
  readonly name: string;
  readonly told: string;
  readonly remedies: readonly string[];
  /** In English, for whoever helps, where the words above say less. */
  readonly detail: string | null;
  readonly language: Language;
}

const findingsEs: Readonly<Record<string, CheckText>> = { ...checksMachineEs, ...checksRadioEs, ...checksDeliveryEs };

/** What every error of a check leads to says its own code; the program's own text goes along. */
const inDetail: ReadonlySet<string> = new Set(["check-refused", "check-failed", "checks-failed", "config-wrong"]);

/** In the language of the page. The gateway itself speaks English; what has no words in another is left in that. */
export function checkWords(check: StaffCheck, language: Language): CheckWords {
  const { name, told, remedy, code, said } = check;
  const english: CheckWords = { name, told, remedies: remedy?.split("\n") ?? [], detail: null, language: "en" };
  if (language === "en" || said.length === 0) return english;
  const texts = said.map((one) => {
    const text = one.code === "check-refused" && code !== null ? checkErrorsEs[code] : undefined;
    return { text: text ?? findingsEs[one.code], facts: factsEs(one.facts) };
  });
  if (texts.some(({ text }) => text === undefined)) return english;
  const fill = (of: (text: CheckText) => string | null): readonly string[] => [
    ...new Set(texts.map(({ text, facts }) => fillText((text && of(text)) ?? "", facts)).filter((one) => one !== "")),
  ];
  return {
    name: checkNamesEs[name] ?? name,
    told: fill(([finding]) => finding).join("; "),
    remedies: fill(([, mend]) => mend),
    detail: said.some((one) => inDetail.has(one.code)) ? told : null,
    language,
  };
}

/** A reason is a sentence of its own; one that has no words here is left out. */
const factsEs = (facts: Facts): Facts =>
  facts["why"] === undefined ? facts : { ...facts, why: settingReasonsEs[String(facts["key"])] ?? "" };
