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
 * by how the page is made. Each step waits until the screen is there on which it begins.
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
    await this.button(en.welcome.begin).or(this.button(es.welcome.begin)).waitFor();
    if (language === "es") await this.switchTo("es");
  }

  /** At any time: what was on the screen stays on it, in the other language. */
  async switchTo(language: Language): Promise<void> {
    await this.page.getByRole("button", { name: languageNames[language] }).first().click();
    this.#words = language === "es" ? es : en;
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  heading(name: string): Locator {
    return this.page.getByRole("heading", { name, exact: true });
  }

  async begin(): Promise<void> {
    await this.button(this.#words.welcome.begin).click();
    await this.heading(this.#words.who.title).waitFor();
  }

  async beginAsGuest(): Promise<void> {
    await this.begin();
    await this.page.getByRole("button", { name: this.#words.who.guest }).click();
  }

  /** A scanner types as a keyboard does, and ends with Enter. */
  async beginWith(code: string): Promise<void> {
    await this.begin();
    await this.page.keyboard.type(code);
    await this.page.keyboard.press("Enter");
  }

  async agree(): Promise<void> {
    await this.button(this.#words.consent.yes).click();
  }

  async refuse(): Promise<void> {
    await this.button(this.#words.consent.no).click();
  }

  async choose(kind: DeviceKind): Promise<void> {
    await this.heading(this.#words.choose.title).waitFor();
    await this.page.getByRole("button", { name: this.#words.choose[kind] }).click();
  }
}

const languageNames = { en: "English", es: "Español" } as const satisfies Readonly<Record<Language, string>>;
