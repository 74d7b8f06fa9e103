import { useContext } from "preact/hooks";
import type { Language } from "../../contract/visit-view.ts";
import { Refusal } from "../live/api-client.ts";
import { formatsOf, LanguageContext, locales, plural, useWords } from "../messages/language.ts";
import { staffEn, type StaffWords } from "../messages/staff-en.ts";
import { staffEs } from "../messages/staff-es.ts";

export const useStaffWords = (): StaffWords => useWords({ en: staffEn, es: staffEs });

type Forms = Parameters<typeof plural>[2];

/** Numbers, times and spans as a person says them, in the language of now. */
export interface Say {
  readonly count: (count: number, forms: Forms) => string;
  /** "3 minutes ago", or the day and time of what is longer ago than a day. */
  readonly ago: (at: number) => string;
  readonly span: (durationMs: number) => string;
  readonly dayAndTime: (at: number) => string;
  readonly day: (at: number) => string;
  readonly time: (at: number) => string;
  readonly number: (value: number) => string;
  readonly bytes: (bytes: number) => string;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export function useSay(): Say {
  const words = useStaffWords();
  const language = useContext(LanguageContext);
  return sayIn(language, words);
}

export function sayIn(language: Language, { ago, spans }: Pick<StaffWords, "ago" | "spans">): Say {
  const formats = formatsOf(language);
  const count = (value: number, forms: Forms): string => plural(language, value, forms);
  const time = new Intl.DateTimeFormat(locales[language], { hour: "numeric", minute: "2-digit" });
  const mebibytes = new Intl.NumberFormat(locales[language], { maximumFractionDigits: 1 });
  return {
    ...formats,
    count,
    ago: (at) => {
      const passedMs = Date.now() - at;
      if (passedMs < minuteMs) return ago.now;
      if (passedMs < hourMs) return count(Math.floor(passedMs / minuteMs), ago.minutes);
      return passedMs < dayMs ? count(Math.floor(passedMs / hourMs), ago.hours) : formats.dayAndTime(at);
    },
    span: (durationMs) => {
      if (durationMs < 2 * minuteMs) return count(Math.round(durationMs / 1000), spans.seconds);
      if (durationMs < 2 * hourMs) return count(Math.round(durationMs / minuteMs), spans.minutes);
      if (durationMs < 2 * dayMs) return count(Math.round(durationMs / hourMs), spans.hours);
      return count(Math.round(durationMs / dayMs), spans.days);
    },
    time: (at) => time.format(at),
    bytes: (bytes) => `${mebibytes.format(bytes / 2 ** 20)} MiB`,
  };
}

/** What a decision failed by, in the language of now; the program's own words for the rest. */
export function failureText(error: unknown, { failures, failed }: StaffWords): string {
  if (!(error instanceof Refusal)) return failed;
  return failures[error.code] ?? [failed, error.remedy].join(" ").trim();
}
