import type { PairingDialogue } from "../../gateway/radio/pairing.ts";

/** A person at the gateway who answers as a test says, and of whom every question is remembered. */
export interface ScriptedDialogue extends PairingDialogue {
  /** In order: "enter", "show 123456", "confirm 123456", "authorise", "pin". */
  readonly asked: readonly string[];
  /** The signal of each question. */
  readonly signals: readonly AbortSignal[];
}

export interface DialogueScript {
  readonly passkey?: () => number | Promise<number>;
  readonly confirms?: boolean | Promise<boolean>;
  readonly authorises?: boolean | Promise<boolean>;
  readonly onShow?: (passkey: number) => void;
}

export function scriptedDialogue(script: DialogueScript = {}): ScriptedDialogue {
  const asked: string[] = [];
  const signals: AbortSignal[] = [];
  const ask = (question: string, signal: AbortSignal): void => {
    asked.push(question);
    signals.push(signal);
  };
  return {
    asked,
    signals,
    enterPasskey: async (signal) => {
      ask("enter", signal);
      return (await script.passkey?.()) ?? 0;
    },
    showPasskey: (passkey) => {
      asked.push(`show ${passkey}`);
      script.onShow?.(passkey);
    },
    confirmPasskey: async (passkey, signal) => {
      ask(`confirm ${passkey}`, signal);
      return (await script.confirms) ?? true;
    },
    authorise: async (signal) => {
      ask("authorise", signal);
      return (await script.authorises) ?? true;
    },
    enterPin: async (signal) => {
      ask("pin", signal);
      return "0000";
    },
  };
}

/** An answer that never comes. */
export const never = <T>(): Promise<T> => new Promise(() => undefined);
