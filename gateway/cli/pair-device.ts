import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { Candidate } from "../pairing/candidates.ts";
import {
  defaultWindowOptions,
  type PairedDevice,
  type PairingSession,
  type WindowOptions,
} from "../pairing/pairing-window.ts";
import { pairingErrors } from "../radio/pairing-error.ts";
import { cliErrors } from "./cli-error.ts";
import { failureOf, failureText } from "./failure.ts";
import { processPrompt, type Prompt } from "./prompt.ts";
import type { Terminal } from "./terminal.ts";
import { terminalDialogue, type TerminalDialogue } from "./terminal-dialogue.ts";
import { withPairing } from "./with-pairing.ts";
import type { StoreOptions } from "./with-store.ts";

export interface PairOptions {
  readonly store: StoreOptions;
  readonly window: Partial<WindowOptions>;
  /** Null to choose from who is near. */
  readonly address: string | null;
  readonly passkey: number | null;
  readonly yes: boolean;
  readonly forgetsKey: boolean;
  readonly all: boolean;
}

const attemptsMax = 3;

interface Conversation {
  readonly options: PairOptions;
  readonly terminal: Terminal;
  readonly prompt: Prompt;
  readonly signal: AbortSignal;
}

/**
 * Opens a window, here or in the gateway that runs, and leads the person through it.
 * @throws CarepostError `pairing-needs-answer` if nobody is there to be asked, else as `PairingSession.pair`
 */
export async function pairDevice(options: PairOptions, terminal: Terminal, signal: AbortSignal): Promise<PairedDevice> {
  const prompt = processPrompt();
  const conversation = { options, terminal, prompt, signal };
  try {
    if (options.address === null && !prompt.isInteractive) {
      throw cliErrors.make("pairing-needs-answer", "nobody is there to choose a device: give --address");
    }
    return await withPairing(options.store, async (office) => {
      const dialogue = terminalDialogue(conversation, options);
      const window = { ...defaultWindowOptions, ...options.window };
      const session = await office.open(window, dialogue, signal);
      const openS = Math.round(window.durationMs / 1000);
      terminal.note(
        `Put the device into pairing mode, as its manual says, and hold it near. The window is open for ${openS} s.\n`,
      );
      try {
        return await converse(session, dialogue, conversation);
      } finally {
        await session.close();
      }
    });
  } finally {
    prompt.close();
  }
}

async function converse(
  session: PairingSession,
  dialogue: TerminalDialogue,
  conversation: Conversation,
): Promise<PairedDevice> {
  const { options, terminal, prompt, signal } = conversation;
  const address = options.address ?? (await choose(session, conversation));
  for (let attempt = 1; ; attempt += 1) {
    terminal.note("Pairing …\n");
    try {
      return await session.pair({ address, forgetsKey: options.forgetsKey });
    } catch (error) {
      const missed = dialogue.unanswered();
      if (missed !== null) {
        const message = `nobody is there to answer the device: give ${missed}`;
        throw cliErrors.make("pairing-needs-answer", message, { cause: error });
      }
      const mayRetry = prompt.isInteractive && attempt < attemptsMax && isRetriable(error) && options.passkey === null;
      if (!mayRetry) throw error;
      terminal.note(failureText(failureOf(error), terminal.paintNote, terminal.columnsNote));
      if (/^n/i.test(await prompt.ask("Try again? [Y/n] ", signal))) throw error;
    }
  }
}

const isRetriable = (error: unknown): boolean => pairingErrors.is(error, "pairing-wrong-passkey", "pairing-refused");

/** Lists each device as it is heard, under a number that stays its own, until one is chosen. */
async function choose(session: PairingSession, { options, terminal, prompt, signal }: Conversation): Promise<string> {
  const chosen = new AbortController();
  const wanted = AbortSignal.any([signal, chosen.signal]);
  const listed: string[] = [];
  const list = async (): Promise<never> => {
    for await (const candidates of session.candidates(wanted)) {
      for (const candidate of candidates) {
        const isShown = (options.all || candidate.driver !== null) && candidate.isNear;
        if (!isShown || listed.includes(candidate.address)) continue;
        listed.push(candidate.address);
        terminal.note(`${candidateText(listed.length, candidate)}\n`);
      }
    }
    wanted.throwIfAborted();
    const end = session.ended();
    if (gattErrors.is(end)) throw end;
    if (listed.length === 0)
      throw gattErrors.make("device-absent", "the window has closed, and no device was heard near");
    throw pairingErrors.make("pairing-timeout", "the pairing window has closed, and no device was chosen");
  };
  const ask = async (): Promise<string> => {
    for (;;) {
      const text = await prompt.ask("The devices that are near are listed here. Type the number of yours:\n", wanted);
      const address = listed[Number(text) - 1];
      if (address !== undefined) return address;
      if (text !== "") terminal.note("There is no such number in the list.\n");
    }
  };
  const listing = list();
  listing.catch(() => undefined);
  try {
    return await Promise.race([ask(), listing]);
  } finally {
    chosen.abort();
  }
}

const candidateText = (number: number, { name, driver, rssiDbm, address }: Candidate): string =>
  `  ${String(number).padStart(2)}  ${(name ?? "without a name").padEnd(24)}  ${(driver ?? "no driver").padEnd(14)}  ${rssiDbm} dBm  ${address}`;
