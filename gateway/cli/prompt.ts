import { createInterface } from "node:readline/promises";

/** Asks the person at the terminal. Questions go to standard error, because they are no data. */
export interface Prompt {
  /** Is somebody there to answer? */
  readonly isInteractive: boolean;
  /** One line, without blanks around it. Rejects with the signal's reason, or when the input has ended. */
  ask(question: string, signal: AbortSignal): Promise<string>;
  close(): void;
}

export function processPrompt(): Prompt {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) {
    return {
      isInteractive: false,
      ask: () => Promise.reject(new Error("there is no terminal to ask at")),
      close: () => undefined,
    };
  }
  // The terminal edits the line itself, so that Ctrl-C stays the signal that it is.
  const lines = createInterface({ input: stdin, output: stderr, terminal: false });
  const ended = new AbortController();
  lines.once("close", () => ended.abort(new Error("the input has ended")));
  return {
    isInteractive: true,
    ask: async (question, signal) => {
      const wanted = AbortSignal.any([signal, ended.signal]);
      try {
        return (await lines.question(question, { signal: wanted })).trim();
      } catch (error) {
        wanted.throwIfAborted();
        throw error;
      }
    },
    close: () => lines.close(),
  };
}
