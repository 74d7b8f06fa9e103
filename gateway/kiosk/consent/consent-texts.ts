import { createHash } from "node:crypto";
import { z } from "zod";
import { readYamlFile } from "../../config/yaml-file.ts";
import type { ConsentText, Language } from "../contract/visit-view.ts";
import { kioskErrors } from "../kiosk-error.ts";
import { englishConsent } from "./consent-en.ts";
import { spanishConsent } from "./consent-es.ts";
import { type ConsentWords, consentWords } from "./consent-words.ts";

/** What people are asked to agree to: one version, in every language of the kiosk. */
export interface ConsentTexts {
  readonly version: string;
  text(language: Language): ConsentText;
}

const consentFile = z.strictObject({
  version: z.string().min(1).max(32),
  texts: z.strictObject({ en: consentWords, es: consentWords }),
});

/** The version moves with every change of a word in any language: whoever agreed to another one is asked again. */
export const standardConsent: ConsentTexts = consentTexts({
  version: "1.0",
  texts: { en: englishConsent, es: spanishConsent },
});

/**
 * The operator's own texts, from a file of YAML or JSON.
 * @throws CarepostError `consent-text-invalid`, and as `readYamlFile` does
 */
export function loadConsentTexts(path: string): ConsentTexts {
  const read = consentFile.safeParse(readYamlFile(path).values);
  if (read.success) return consentTexts(read.data);
  const told = z.prettifyError(read.error);
  throw kioskErrors.make("consent-text-invalid", `${path} does not hold the texts of consent: ${told}`);
}

function consentTexts({ version, texts }: z.infer<typeof consentFile>): ConsentTexts {
  const made: Readonly<Record<Language, ConsentText>> = {
    en: { version, language: "en", sha256: wordsHash(texts.en), ...texts.en },
    es: { version, language: "es", sha256: wordsHash(texts.es), ...texts.es },
  };
  return { version, text: (language) => made[language] };
}

/** SHA-256, in hex, over the words as they are read, in UTF-8: title, each heading and its text, question; a line each. */
export function wordsHash({ title, sections, trendQuestion }: ConsentWords): string {
  const lines = [title, ...sections.flatMap(({ heading, text }) => [heading, text]), trendQuestion];
  return createHash("sha256").update(lines.join("\n"), "utf8").digest("hex");
}
