import type { PairingMethod } from "../managed-radio.ts";
import type { IoCapability, PairingDialogue } from "../pairing.ts";
import type { BluezObjects } from "./bluez-objects.ts";
import type { ServedMethod, ServedMethods } from "./bluez-bus.ts";
import { DBusFailure } from "./dbus-failure.ts";

/** One pairing that a person has asked for: the only one for which the agent says anything but no. */
export interface AgentWindow {
  /** The device's object path. */
  readonly device: string;
  readonly dialogue: PairingDialogue;
  readonly signal: AbortSignal;
  /** What has happened so far, for whoever has to make sense of how it ended. */
  readonly story: PairingStory;
}

export interface PairingStory {
  /** The way in which the two pair, as bluetoothd's questions show it; null until it has asked something. */
  method: PairingMethod | null;
  /** The person said no. */
  wasRefused: boolean;
  /** A question is open. */
  isWaiting: boolean;
}

export const untold = (): PairingStory => ({ method: null, wasRefused: false, isWaiting: false });

/**
 * Our org.bluez.Agent1 (BlueZ, doc/agent-api.txt). It stands as the default agent for as long as bluetoothd runs, so
 * that nothing is paired by another's leave; and outside a window, for another device, and from anybody but bluetoothd
 * it refuses. A device that begins to pair by itself (a Security Request, a refused read) meets the same rule.
 */
export class PairingAgent {
  readonly #objects: BluezObjects;
  readonly #path: string;
  readonly #refused: (device: string) => void;
  #window: AgentWindow | null = null;
  #question: AbortController | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #ends: readonly (() => void)[];
  readonly #closed = new AbortController();

  /**
   * @param name tells the agents of several adapters apart, for example `hci0`
   * @param refused told the path of a device whose pairing nobody has asked for
   */
  constructor(objects: BluezObjects, name: string, refused: (device: string) => void = () => undefined) {
    this.#objects = objects;
    this.#refused = refused;
    this.#path = `/org/carepost/agent/${name}`;
    const unwatch = objects.watch((change) => {
      // A bluetoothd that has started anew knows no agent.
      if (change.type === "daemon" && change.daemon === "up") void this.register("no-input-no-output").catch(() => {});
    });
    this.#ends = [objects.bus.serve(this.#path, agentInterface, this.#methods()), unwatch];
  }

  /** Becomes the default agent, anew if it is it already: the capability is said once for each registration. */
  register(io: IoCapability): Promise<void> {
    const turn = this.#turn.then(() => this.#register(io));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  open(window: AgentWindow): void {
    this.#window = window;
  }

  /** From here on it refuses everything again; a question that is open is taken back. */
  shut(): void {
    this.#window = null;
    this.#question?.abort(rejected());
  }

  /** Idempotent; never rejects. */
  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.shut();
    for (const end of this.#ends) end();
    await this.#turn;
    await this.#manage("UnregisterAgent", "o", [this.#path]).catch(() => undefined);
    this.#closed.abort();
  }

  async #register(io: IoCapability): Promise<void> {
    await this.#manage("UnregisterAgent", "o", [this.#path]).catch(() => undefined);
    await this.#manage("RegisterAgent", "os", [this.#path, capabilities[io]]);
    await this.#manage("RequestDefaultAgent", "o", [this.#path]);
  }

  async #manage(member: string, signature: string, body: readonly unknown[]): Promise<void> {
    const request = { path: "/org/bluez", interface: "org.bluez.AgentManager1", member, signature, body };
    await this.#objects.bus.call(request, this.#closed.signal);
  }

  #methods(): ServedMethods {
    return {
      Release: this.#served("", async () => []),
      Cancel: this.#served("", async () => {
        this.#question?.abort(rejected());
        return [];
      }),
      RequestPasskey: this.#served("u", ([device]) =>
        this.#ask(device, "passkey-entry", async ({ dialogue }, signal) => {
          const passkey = await dialogue.enterPasskey(signal);
          return isPasskey(passkey) ? [passkey] : null;
        }),
      ),
      RequestPinCode: this.#served("s", ([device]) =>
        this.#ask(device, "pin", async ({ dialogue }, signal) => {
          const pin = await dialogue.enterPin(signal);
          return /^[\x20-\x7E]{1,16}$/.test(pin) ? [pin] : null;
        }),
      ),
      DisplayPasskey: this.#served("", ([device, passkey, entered]) => this.#show(device, passkey, entered)),
      DisplayPinCode: this.#served("", ([device, pin]) => {
        // A keyboard's PIN is six digits that bluetoothd has made up; another kind has nobody to show it to.
        if (typeof pin !== "string" || !/^\d{6}$/.test(pin)) throw rejected();
        return this.#show(device, Number(pin), 0);
      }),
      RequestConfirmation: this.#served("", ([device, passkey]) =>
        this.#ask(device, "numeric-comparison", async ({ dialogue }, signal) =>
          isPasskey(passkey) && (await dialogue.confirmPasskey(passkey, signal)) ? [] : null,
        ),
      ),
      RequestAuthorization: this.#served("", ([device]) =>
        this.#ask(device, "just-works", async ({ dialogue }, signal) =>
          (await dialogue.authorise(signal)) ? [] : null,
        ),
      ),
      // A service of ours that a device would like to use: there is none.
      AuthorizeService: this.#served("", () => Promise.reject(rejected())),
    };
  }

  #served(reply: string, run: ServedMethod["run"]): ServedMethod {
    return {
      reply,
      run: async (body, sender) => {
        if (sender !== this.#objects.owner) throw rejected();
        return await run(body, sender);
      },
    };
  }

  async #show(device: unknown, passkey: unknown, entered: unknown): Promise<readonly unknown[]> {
    const { dialogue, story } = this.#windowOf(device);
    if (!isPasskey(passkey)) throw rejected();
    story.method = "passkey-shown";
    dialogue.showPasskey(passkey, typeof entered === "number" ? entered : 0);
    return [];
  }

  /** Asks the person. No answer, null and a failure all refuse. */
  async #ask(device: unknown, method: PairingMethod, put: Put): Promise<readonly unknown[]> {
    const window = this.#windowOf(device);
    const { story } = window;
    this.#question?.abort(rejected());
    const question = new AbortController();
    this.#question = question;
    story.method = method;
    story.isWaiting = true;
    const signal = AbortSignal.any([window.signal, question.signal]);
    try {
      const answer = await Promise.race([put(window, signal), refusalWhen(signal)]);
      story.wasRefused ||= answer === null;
      if (answer !== null && this.#window === window) return answer;
    } catch {
      story.wasRefused ||= !signal.aborted;
    } finally {
      // Unanswered, it stays open in the story: that is why the pairing will fail.
      if (!signal.aborted) story.isWaiting = false;
      if (this.#question === question) this.#question = null;
      question.abort(rejected());
    }
    throw rejected();
  }

  #windowOf(device: unknown): AgentWindow {
    const window = this.#window;
    if (window !== null && window.device === device && !window.signal.aborted) return window;
    if (typeof device === "string") this.#refused(device);
    throw rejected();
  }
}

type Put = (window: AgentWindow, signal: AbortSignal) => Promise<readonly unknown[] | null>;

const agentInterface = "org.bluez.Agent1";

/** BlueZ, doc/agent-api.txt, RegisterAgent. */
const capabilities: Readonly<Record<IoCapability, string>> = {
  "display-only": "DisplayOnly",
  "display-yes-no": "DisplayYesNo",
  "keyboard-only": "KeyboardOnly",
  "no-input-no-output": "NoInputNoOutput",
  "keyboard-display": "KeyboardDisplay",
};

const rejected = (): DBusFailure => new DBusFailure("org.bluez.Error.Rejected", "nobody has asked for this pairing");

const isPasskey = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 999_999;

function refusalWhen(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(rejected());
    else signal.addEventListener("abort", () => reject(rejected()), { once: true });
  });
}
