import { createContext } from "preact";
import { useContext, useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { Language } from "../../contract/visit-view.ts";

/** The language of everything below it. */
export const LanguageContext = createContext<Language>("en");

/** Says what language the page is in: before it is painted, so that nothing of it is ever read in another one's voice. */
export function usePageLanguage(language: Language): void {
  useLayoutEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
}

/** The language of a page that is one person's own: at first the browser's. */
export function useOwnLanguage(): readonly [language: Language, choose: (language: Language) => void] {
  const [language, setLanguage] = useState<Language>(navigator.language.startsWith("es") ? "es" : "en");
  usePageLanguage(language);
  return [language, setLanguage];
}

/** The words of a page in the language of now. Both languages are of one type: a key that one lacks does not compile. */
export function useWords<Words>(catalogue: Readonly<Record<Language, Words>>): Words {
  return catalogue[useContext(LanguageContext)];
}

export interface Formats {
  /** "8 Mar, 14:05" */
  readonly dayAndTime: (at: number) => string;
  readonly day: (at: number) => string;
  readonly number: (value: number) => string;
}

/** As they are written in the language of now, in the time zone of this machine. */
export function useFormats(): Formats {
  const language = useContext(LanguageContext);
  return useMemo(() => formatsOf(language), [language]);
}

export function formatsOf(language: Language): Formats {
  const locale = locales[language];
  const dayAndTime = new Intl.DateTimeFormat(locale, {
    day: "numeric",
    month: "short",
    hour: "numeric",
    minute: "2-digit",
  });
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
  const number = new Intl.NumberFormat(locale);
  return {
    dayAndTime: (at) => dayAndTime.format(at),
    day: (at) => day.format(at),
    number: (value) => number.format(value),
  };
}

/** "1 reading", "2 readings": by the language's own rules. `{n}` stands for the number. */
export function plural(
  language: Language,
  count: number,
  forms: { readonly one: string; readonly other: string },
): string {
  const rule = new Intl.PluralRules(locales[language]).select(count);
  return (rule === "one" ? forms.one : forms.other).replace(
    "{n}",
    new Intl.NumberFormat(locales[language]).format(count),
  );
}

/** Spanish as it is written in the United States, where 5.4 has a point. */
export const locales: Readonly<Record<Language, string>> = { en: "en-US", es: "es-US" };

/** Of each language, in itself. */
export const languageNames: Readonly<Record<Language, string>> = { en: "English", es: "Español" };
