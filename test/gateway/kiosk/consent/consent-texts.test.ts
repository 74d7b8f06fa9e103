import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadConsentTexts, standardConsent } from "../../../../gateway/kiosk/consent/consent-texts.ts";
import { consentText } from "../../../../gateway/kiosk/contract/visit-view.ts";

function fileOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "consent-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "consent.yaml");
  writeFileSync(path, text);
  return path;
}

test("the hash is made over the words as they are read, a line each, so that anybody can check it", () => {
  for (const language of ["en", "es"] as const) {
    const text = consentText.parse(standardConsent.text(language));
    const lines = [
      text.title,
      ...text.sections.flatMap(({ heading, text: words }) => [heading, words]),
      text.trendQuestion,
    ];
    expect(text.sha256).toBe(createHash("sha256").update(lines.join("\n")).digest("hex"));
    expect(text).toMatchObject({ language, version: standardConsent.version });
  }
});

test("the words of a version never change: whoever changes them gives them another version, and these hashes with it", () => {
  expect({
    version: standardConsent.version,
    en: standardConsent.text("en").sha256,
    es: standardConsent.text("es").sha256,
  }).toMatchInlineSnapshot(`
    {
      "en": "19f8ac1522596f10a718cb444da6ef21ff1fadad4147a97daf53006b650ee5b6",
      "es": "2fb4ada94ad158324c9b5d1dde37c8c333453cb70495fb95154c76a3814d8f11",
      "version": "1.0",
    }
  `);
});

test("both languages say the same things in the same order", () => {
  const [english, spanish] = [standardConsent.text("en"), standardConsent.text("es")];
  expect(spanish.sections).toHaveLength(english.sections.length);
  expect(english.sections.map(({ heading }) => heading)).not.toEqual(spanish.sections.map(({ heading }) => heading));
});

test("an operator's own texts replace ours, and a file that lacks a language is refused", () => {
  const words = { title: "T", sections: [{ heading: "H", text: "W" }], trendQuestion: "Q?" };
  const own = loadConsentTexts(fileOf(JSON.stringify({ version: "2026-11", texts: { en: words, es: words } })));
  expect(own.text("es")).toMatchObject({
    version: "2026-11",
    title: "T",
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const lacking = fileOf(JSON.stringify({ version: "1", texts: { en: words } }));
  expect(() => loadConsentTexts(lacking)).toThrow(expect.objectContaining({ code: "consent-text-invalid" }));
  const broken = { ...words, title: "two\nlines" };
  const wrong = fileOf(JSON.stringify({ version: "1", texts: { en: broken, es: words } }));
  expect(() => loadConsentTexts(wrong)).toThrow(expect.objectContaining({ code: "consent-text-invalid" }));
});
