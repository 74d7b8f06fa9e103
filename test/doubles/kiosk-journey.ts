import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import type { DeviceKind, Language } from "../../gateway/kiosk/contract/visit-view.ts";
import { en, type Words } from "../../gateway/kiosk/web/messages/en.ts";
import { es } from "../../gateway/kiosk/web/messages/es.ts";

/** The screens that the kiosk is made for. */
export const kioskSizes = {
  portrait: { viewport: { width: 1080, height: 1920 } },
  landscape: { viewport: { width: 1920, height: 1080 } },
  tablet: { viewport: { width: 820, height: 1180 } },
} as const satisfies Readonly<Record<string, BrowserContextOptions>>;

/**
 * Somebody in front of the touch screen, who goes by what it says: by roles and by the words of the message files, never
 * by how the page is made. Each step waits for the screen on which it begins.
 */
export class KioskJourney {
  readonly page: Page;
  #words: Words = en;

  constructor(page: Page) {
    this.page = page;
  }

  get words(): Words {
    return this.#words;
  }

  /** Loads the page, in a language. */
  async open(url: string, language: Language = "en"): Promise<void> {
    await this.page.goto(url);
    await this.heading(en.welcome.title).waitFor();
    if (language !== "en") await this.switchTo(language);
  }

  /** At any time: what was on the screen stays on it, in the other language. */
  async switchTo(language: Language): Promise<void> {
    await this.button(languageNames[language]).click();
    this.#words = wordsOf[language];
  }

  /** A button whose name is this, or begins with it: cards have a title, and more. */
  button(name: string): Locator {
    return this.page.getByRole("button", { name: new RegExp(`^${escaped(name)}`) });
  }

  heading(name: string): Locator {
    return this.page.getByRole("heading", { name, exact: true });
  }

  async press(name: string): Promise<void> {
    await this.button(name).click();
  }

  async begin(): Promise<void> {
    await this.press(this.#words.welcome.begin);
    await this.heading(this.#words.who.title).waitFor();
  }

  async beginAsGuest(): Promise<void> {
    await this.begin();
    await this.press(this.#words.who.guest);
  }

  /** A scanner types as a keyboard does, and ends with Enter. */
  async beginWith(code: string): Promise<void> {
    await this.begin();
    await this.page.keyboard.type(code);
    await this.page.keyboard.press("Enter");
  }

  /** @param trend earlier readings may be shown; only somebody with a code is asked */
  async agree({ trend = false } = {}): Promise<void> {
    if (trend) await this.page.getByRole("switch").click();
    await this.press(this.#words.consent.yes);
    await this.heading(this.#words.choose.title).waitFor();
  }

  async refuse(): Promise<void> {
    await this.press(this.#words.consent.no);
  }

  async choose(kind: DeviceKind): Promise<void> {
    await this.press(this.#words.choose[kind]);
    await this.heading(this.#words.choose.whichTitle).waitFor();
  }

  async useKiosks(): Promise<void> {
    await this.press(this.#words.choose.kiosks);
    await this.#measuring();
  }

  /** One that this person has paired before. */
  async useNamed(name: string): Promise<void> {
    await this.press(name);
    await this.#measuring();
  }

  async openPairing(): Promise<void> {
    const { choose, pair } = this.#words;
    await this.press(choose.own);
    await this.heading(pair.prepareTitle).waitFor();
    await this.press(pair.ready);
  }

  /** Says yes to the device that is found, once it is. */
  async chooseFound(): Promise<void> {
    await this.press(this.#words.pair.thisOne);
  }

  async authorise(): Promise<void> {
    await this.press(this.#words.pair.yes);
  }

  async enterPasskey(passkey: string): Promise<void> {
    await this.heading(this.#words.pair.enterTitle).waitFor();
    for (const digit of passkey) await this.page.getByRole("button", { name: digit, exact: true }).click();
    await this.press(this.#words.pair.connect);
  }

  async measureNow(): Promise<void> {
    await this.press(this.#words.pair.measureNow);
    await this.#measuring();
  }

  /** From the choice of devices to the wait for a reading. */
  async pairOwn(passkey: string | null): Promise<void> {
    await this.openPairing();
    await this.chooseFound();
    if (passkey === null) await this.authorise();
    else await this.enterPasskey(passkey);
    await this.measureNow();
  }

  /** To stop asks once. */
  async cancel(): Promise<void> {
    await this.press(this.#words.cancel);
    await this.press(this.#words.leave.leave);
    await this.heading(this.#words.goodbye.cancelled.title).waitFor();
  }

  /** From the goodbye to the welcome, in the kiosk's first language. */
  async close(): Promise<void> {
    await this.press(this.#words.goodbye.close);
    this.#words = en;
    await this.heading(en.welcome.title).waitFor();
  }

  async #measuring(): Promise<void> {
    const { measure } = this.#words;
    const first = [measure["blood-pressure-monitor"][0], measure["blood-glucose-meter"][0]];
    const headings = first.flatMap((step) => (step === undefined ? [] : [this.heading(step.title)]));
    const [one, other] = headings;
    await (one !== undefined && other !== undefined ? one.or(other) : this.page.getByRole("heading")).first().waitFor();
  }
}

const wordsOf: Readonly<Record<Language, Words>> = { en, es };
const languageNames: Readonly<Record<Language, string>> = { en: "English", es: "Español" };
const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
