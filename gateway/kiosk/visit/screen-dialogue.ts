import type { PairingDialogue } from "../../radio/pairing.ts";
import type { AnswerPairing } from "../contract/requests.ts";
import type { PairingQuestion } from "../contract/visit-view.ts";
import { kioskErrors } from "../kiosk-error.ts";

type Answer = AnswerPairing["answer"];
/** A question without its number. */
type Asked = PairingQuestion extends infer Each ? (Each extends unknown ? Omit<Each, "number"> : never) : never;

/** The person in front of the screen, as pairing sees them: one question at a time, each with a number of its own. */
export class ScreenDialogue implements PairingDialogue {
  readonly #onChange: () => void;
  #question: PairingQuestion | null = null;
  #settle: ((answer: Answer) => void) | null = null;
  #last = 0;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get question(): PairingQuestion | null {
    return this.#question;
  }

  /** @throws CarepostError `pairing-question-over` if it is not asked, or not in this way */
  answer({ number, answer }: AnswerPairing): void {
    const question = this.#question;
    const fits = question !== null && question.number === number && fitting[question.ask].includes(answer.type);
    if (!fits || this.#settle === null) {
      throw kioskErrors.make("pairing-question-over", "this question of the pairing is not asked any more");
    }
    this.#settle(answer);
  }

  /** Whatever is still shown is taken back: the pairing is over. */
  clear(): void {
    if (this.#question === null) return;
    this.#question = null;
    this.#settle = null;
    this.#onChange();
  }

  async enterPasskey(signal: AbortSignal): Promise<number> {
    const answer = await this.#ask({ ask: "enter-passkey" }, signal);
    if (answer.type === "passkey") return Number(answer.passkey);
    throw new Error("the person gave no passkey");
  }

  showPasskey(passkey: number, entered: number): void {
    const shown = this.#question;
    const isSame = shown?.ask === "show-passkey" && shown.passkey === sixDigits(passkey);
    if (!isSame) this.#last += 1;
    const digits = Math.max(0, Math.min(entered, 6));
    this.#settle = null;
    this.#show({ number: this.#last, ask: "show-passkey", passkey: sixDigits(passkey), entered: digits });
  }

  async confirmPasskey(passkey: number, signal: AbortSignal): Promise<boolean> {
    return (await this.#ask({ ask: "confirm-passkey", passkey: sixDigits(passkey) }, signal)).type === "yes";
  }

  async authorise(signal: AbortSignal): Promise<boolean> {
    return (await this.#ask({ ask: "authorise" }, signal)).type === "yes";
  }

  async enterPin(signal: AbortSignal): Promise<string> {
    const answer = await this.#ask({ ask: "enter-pin" }, signal);
    if (answer.type === "pin") return answer.pin;
    throw new Error("the person gave no PIN");
  }

  #ask(asked: Asked, signal: AbortSignal): Promise<Answer> {
    this.#last += 1;
    const question = { ...asked, number: this.#last };
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        signal.removeEventListener("abort", abort);
        if (this.#question === question) this.clear();
        settle();
      };
      const abort = (): void => done(() => reject(signal.reason));
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      this.#settle = (answer) => done(() => resolve(answer));
      this.#show(question);
    });
  }

  #show(question: PairingQuestion): void {
    this.#question = question;
    this.#onChange();
  }
}

/** What may be answered to what; `no` refuses the pairing. */
const fitting: Readonly<Record<PairingQuestion["ask"], readonly Answer["type"][]>> = {
  "enter-passkey": ["passkey", "no"],
  "show-passkey": [],
  "confirm-passkey": ["yes", "no"],
  authorise: ["yes", "no"],
  "enter-pin": ["pin", "no"],
};

const sixDigits = (passkey: number): string => String(passkey).padStart(6, "0");
