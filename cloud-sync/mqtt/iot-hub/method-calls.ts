import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { CommandResult } from "../../contract/control.ts";
import { iotHubErrors } from "./iot-hub-error.ts";

export interface MethodPorts {
  readonly clock: Clock;
  /** Tells the hub what became of a call. It must not reject. */
  readonly answer: (rid: string, status: number, body: object) => void;
  /** Hands a command on, as if it had come on our own topic. */
  readonly command: (payload: Uint8Array) => void;
}

export interface MethodRules {
  /** Begins the ids of the commands made here; unique to the connection, because a hub numbers calls anew. */
  readonly tag: string;
  /** How long a command may take until its call is answered 504. */
  readonly timeoutMs: number;
}

/**
 * Direct methods as commands: the method's name is the command's, its body the command's fields. The answer is the
 * command's result: 200 done, 400 invalid, 404 unknown, 500 failed, 504 not done in time.
 */
export class MethodCalls {
  readonly #ports: MethodPorts;
  readonly #rules: MethodRules;
  /** By the command's id. */
  readonly #open = new Map<string, { readonly rid: string; readonly answered: AbortController }>();
  #count = 0;

  constructor(ports: MethodPorts, rules: MethodRules) {
    this.#ports = ports;
    this.#rules = rules;
  }

  called(name: string, rid: string, payload: Uint8Array): void {
    const { answer, command } = this.#ports;
    const fields = fieldsOf(payload);
    if (fields === null) {
      answer(rid, 400, { outcome: "invalid", code: null, message: "the body is not a JSON object" });
      return;
    }
    if (this.#open.size >= methodsMax) {
      answer(rid, 429, failure(iotHubErrors.make("iot-hub-methods-full", "too many methods are under way")));
      return;
    }
    this.#count += 1;
    const id = `method-${this.#rules.tag}-${this.#count}`;
    const answered = new AbortController();
    this.#open.set(id, { rid, answered });
    void this.#expire(id, rid, answered.signal);
    command(new TextEncoder().encode(JSON.stringify({ ...fields, v: 1, id, name })));
  }

  /** Was it a method's? A result that comes after the time-out is nobody's any more. */
  finished(result: CommandResult): boolean {
    const call = this.#open.get(result.id);
    if (call === undefined) return false;
    this.#open.delete(result.id);
    call.answered.abort();
    const { v: _version, id: _id, ...said } = result;
    this.#ports.answer(call.rid, statuses[result.outcome], said);
    return true;
  }

  /** The connection is over, and with it whoever waits. */
  end(): void {
    for (const { answered } of this.#open.values()) answered.abort();
    this.#open.clear();
  }

  async #expire(id: string, rid: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#ports.clock.sleep(this.#rules.timeoutMs, signal);
    } catch {
      return;
    }
    this.#open.delete(id);
    this.#ports.answer(rid, 504, failure(iotHubErrors.make("iot-hub-method-timed-out", "not done in time")));
  }
}

const methodsMax = 16;
const statuses: Readonly<Record<CommandResult["outcome"], number>> = {
  done: 200,
  invalid: 400,
  "unknown-command": 404,
  failed: 500,
};

const failure = ({ code, remedy }: { readonly code: string; readonly remedy: string }): object => ({
  outcome: "failed",
  code,
  message: remedy,
});

/** An empty body and `null`, which the hub sends for a call without one, are no fields. */
function fieldsOf(payload: Uint8Array): object | null {
  if (payload.byteLength === 0) return {};
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
    if (value === null) return {};
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
