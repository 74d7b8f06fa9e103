import { randomUUID } from "node:crypto";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { encodeMessage, sourceOfIngestor } from "../contract/cloud-event.ts";
import type { Command, CommandResult } from "../contract/control.ts";
import { unpackText } from "../contract/packed-text.ts";
import { ingestErrors } from "./ingest-error.ts";
import type { Source } from "./source.ts";

/** What an operator asks of one gateway, and waits for. */
export interface GatewayAsks {
  /**
   * The gateway's support bundle, a JSON text of at most 4 MiB. Rejects with `gateway-not-reached`, `gateway-silent`,
   * `command-not-done`, `asks-full` or `ingest-stopped`.
   */
  supportBundle(gateway: string): Promise<string>;
  /** Nobody waits any longer, nor asks any more: `ingest-stopped`. Idempotent. */
  stop(): void;
}

export interface AskDesk extends GatewayAsks {
  /** A result that is valid. Whoever did not ask for it does not mind it. */
  hearResult(gateway: string, result: CommandResult): void;
}

export interface AskPorts {
  readonly source: Pick<Source, "command">;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the ingestor, unique to this start of the program. */
  readonly name: string;
}

/** A gateway gives its checks 15 s; the rest is for the network, and for the commands before this one. */
const answerMsMax = 60_000;
const asksMax = 16;

export function createAskDesk({ source, clock, log, name }: AskPorts): AskDesk {
  const open = new Map<string, { readonly gateway: string; readonly answered: (result: CommandResult) => void }>();
  const stopping = new AbortController();

  const ask = async (gateway: string, command: Command): Promise<CommandResult> => {
    stopping.signal.throwIfAborted();
    if (open.size >= asksMax) throw ingestErrors.make("asks-full", `${asksMax} answers are waited for already`);
    const { id } = command;
    const { promise: answer, resolve: answered } = Promise.withResolvers<CommandResult>();
    const done = new AbortController();
    open.set(id, { gateway, answered });
    try {
      const at = Math.round(clock.now());
      const message = encodeMessage(
        "cloudevents",
        { kind: "commands", id, source: sourceOfIngestor(name), at },
        command,
      );
      if (!(await source.command(gateway, message))) {
        throw ingestErrors.make("gateway-not-reached", `${gateway} is not connected, or the broker is away`);
      }
      log.info("command-sent", { gateway, command: command.name });
      const over = AbortSignal.any([done.signal, stopping.signal]);
      const late = clock.sleep(answerMsMax, over).then(
        () => null,
        () => null,
      );
      const result = await Promise.race([answer, late]);
      stopping.signal.throwIfAborted();
      if (result === null) throw ingestErrors.make("gateway-silent", `${gateway} did not answer within 60 s`);
      return result;
    } finally {
      done.abort();
      open.delete(id);
    }
  };

  return {
    stop: () => stopping.abort(ingestErrors.make("ingest-stopped", "the ingestor is stopping")),
    hearResult: (gateway, result) => {
      const waiting = open.get(result.id);
      if (waiting?.gateway === gateway) waiting.answered(result);
    },
    supportBundle: async (gateway) => {
      const { outcome, code, message, bundle } = await ask(gateway, {
        v: 1,
        id: `ask-${randomUUID()}`,
        name: "support-bundle",
      });
      const text = bundle === undefined ? null : unpackText(bundle);
      if (text !== null) return text;
      const why = [code, message].filter((word) => word !== null).join(": ");
      throw ingestErrors.make("command-not-done", `${gateway} says ${outcome}${why === "" ? "" : `, ${why}`}`);
    },
  };
}

/** Where there is no gateway that could be asked. */
export const noAsks: GatewayAsks = {
  supportBundle: () => Promise.reject(ingestErrors.make("gateway-not-reached", "this process is no ingestor")),
  stop: () => undefined,
};
