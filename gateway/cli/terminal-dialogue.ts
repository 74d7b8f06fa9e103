import type { PairingDialogue } from "../radio/pairing.ts";
import type { Prompt } from "./prompt.ts";
import type { Terminal } from "./terminal.ts";

export interface DialogueAnswers {
  /** What the device shows, where it is known before it is asked for. */
  readonly passkey: number | null;
  /** Agrees to a device that proves nothing. */
  readonly yes: boolean;
}

export interface TerminalDialogue extends PairingDialogue {
  /** What was asked while nobody was there to answer; null if nothing was. */
  unanswered(): string | null;
}

const attemptsMax = 3;

/** A pairing's questions, in plain words, to the person at the terminal. */
export function terminalDialogue(
  { terminal, prompt }: { readonly terminal: Terminal; readonly prompt: Prompt },
  { passkey, yes }: DialogueAnswers,
): TerminalDialogue {
  let missed: string | null = null;
  let shown: number | null = null;
  const ask = async (question: string, what: string, signal: AbortSignal): Promise<string> => {
    if (!prompt.isInteractive) missed = what;
    return await prompt.ask(question, signal);
  };
  const agree = async (question: string, what: string, signal: AbortSignal): Promise<boolean> =>
    /^y(?:es)?$/i.test(await ask(`${question} [y/N] `, what, signal));
  return {
    unanswered: () => missed,
    enterPasskey: async (signal) => {
      if (passkey !== null) return passkey;
      for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
        const text = await ask("The device shows six digits. Type them here: ", "--passkey", signal);
        const digits = text.replaceAll(/\s/g, "");
        if (/^\d{6}$/.test(digits)) return Number(digits);
        terminal.note("It must be all six digits, also zeros at the beginning.\n");
      }
      throw new Error("no passkey was typed");
    },
    showPasskey: (digits) => {
      // It comes again with each key that is pressed at the device.
      if (shown !== digits) terminal.note(`Type these digits on the device: ${passkeyText(digits)}\n`);
      shown = digits;
    },
    confirmPasskey: (digits, signal) =>
      agree(`Does the device show ${passkeyText(digits)} too?`, "a terminal, to compare six digits", signal),
    authorise: async (signal) => {
      if (yes) return true;
      const told = "This device has no way to prove that it is the one in your hand (Just Works).\n";
      if (prompt.isInteractive) terminal.note(told);
      return await agree("Is it near, and is no other like it? Pair it?", "--yes", signal);
    },
    enterPin: (signal) => ask("Type the device's PIN, from its manual: ", "a terminal, to type its PIN", signal),
  };
}

/** In two groups of three, as people read them. */
export function passkeyText(passkey: number): string {
  const digits = String(passkey).padStart(6, "0");
  return `${digits.slice(0, 3)} ${digits.slice(3)}`;
}
