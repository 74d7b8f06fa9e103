import type { PairingDialogue } from "../radio/pairing.ts";
import type { ControlAnswer, ControlQuestion } from "./control-protocol.ts";

export interface QuestionPort {
  /** Tells the other side of a question, or that its answer is no longer wanted. */
  ask(number: number, question: ControlQuestion): void;
  over(number: number): void;
}

/** The person at the gateway, at the other end of the socket. */
export class WireDialogue implements PairingDialogue {
  readonly #port: QuestionPort;
  readonly #open = new Map<number, (answer: ControlAnswer) => void>();
  #last = 0;

  constructor(port: QuestionPort) {
    this.#port = port;
  }

  /** Returns whether there is such a question. */
  answer(number: number, answer: ControlAnswer): boolean {
    const settle = this.#open.get(number);
    settle?.(answer);
    return settle !== undefined;
  }

  async enterPasskey(signal: AbortSignal): Promise<number> {
    const answer = await this.#ask({ ask: "enter-passkey" }, signal);
    if (answer.type === "passkey") return answer.passkey;
    throw new Error("no passkey was given");
  }

  showPasskey(passkey: number, entered: number): void {
    this.#last += 1;
    this.#port.ask(this.#last, { ask: "show-passkey", passkey, entered: Math.min(entered, 6) });
  }

  async confirmPasskey(passkey: number, signal: AbortSignal): Promise<boolean> {
    return (await this.#ask({ ask: "confirm-passkey", passkey }, signal)).type === "yes";
  }

  async authorise(signal: AbortSignal): Promise<boolean> {
    return (await this.#ask({ ask: "authorise" }, signal)).type === "yes";
  }

  async enterPin(signal: AbortSignal): Promise<string> {
    const answer = await this.#ask({ ask: "enter-pin" }, signal);
    if (answer.type === "pin") return answer.pin;
    throw new Error("no PIN was given");
  }

  #ask(question: ControlQuestion, signal: AbortSignal): Promise<ControlAnswer> {
    this.#last += 1;
    const number = this.#last;
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        this.#open.delete(number);
        signal.removeEventListener("abort", abort);
        settle();
      };
      const abort = (): void => {
        this.#port.over(number);
        done(() => reject(signal.reason));
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      this.#open.set(number, (answer) => done(() => resolve(answer)));
      this.#port.ask(number, question);
    });
  }
}

/** Puts a question that came over the socket to the person here. Null where there is nothing to answer. */
export async function put(
  dialogue: PairingDialogue,
  question: ControlQuestion,
  signal: AbortSignal,
): Promise<ControlAnswer | null> {
  try {
    switch (question.ask) {
      case "enter-passkey":
        return { type: "passkey", passkey: await dialogue.enterPasskey(signal) };
      case "enter-pin":
        return { type: "pin", pin: await dialogue.enterPin(signal) };
      case "confirm-passkey":
        return { type: (await dialogue.confirmPasskey(question.passkey, signal)) ? "yes" : "no" };
      case "authorise":
        return { type: (await dialogue.authorise(signal)) ? "yes" : "no" };
      case "show-passkey":
        dialogue.showPasskey(question.passkey, question.entered);
        return null;
      default:
        return question satisfies never;
    }
  } catch {
    // Whoever cannot answer has said no.
    return { type: "no" };
  }
}
