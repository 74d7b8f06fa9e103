import type { PairingCentral, PairingOutcome } from "../air/air-pairing.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import { abortable } from "../air/abortable.ts";
import type { Agent, AgentRequest } from "./agents.ts";
import { type Answer, bluezErrors, done, refuse } from "./bluez-answer.ts";
import type { Device } from "./device.ts";
import type { DeviceHome } from "./device-home.ts";

interface Run {
  /** Who has asked for it; null where a device or a refused request has. */
  readonly client: string | null;
  readonly cancelled: AbortController;
  request: AgentRequest | null;
}

/** The kernel goes on looking for a device that is to be paired; nobody has seen it give up. */
const pairWaitMs = 2_000_000;

/** Pair, CancelPairing, and the pairings that nobody has asked for (src/device.c, pair_device to device_bonding_complete). */
export class DevicePairing {
  readonly #home: DeviceHome;
  readonly #device: Device;
  #run: Run | null = null;
  #implicit: Promise<boolean> | null = null;
  /** Resolves when the pairing that a client has asked for is over. */
  #asked: Promise<undefined> | null = null;

  constructor(home: DeviceHome, device: Device) {
    this.#home = home;
    this.#device = device;
  }

  get isRunning(): boolean {
    return this.#run !== null;
  }

  async pair(client: string): Promise<Answer> {
    this.#device.setTemporary(false);
    if (this.#run?.client != null) return refuse(bluezErrors.inProgress);
    const over = Promise.withResolvers<undefined>();
    this.#asked = over.promise;
    const run: Run = { client, cancelled: new AbortController(), request: null };
    this.#run = run;
    try {
      if (this.#device.known.isBonded) await never(run.cancelled.signal);
      return await this.#pair(run, this.#home.agents.of(client));
    } catch (error) {
      if (!run.cancelled.signal.aborted) throw error;
      this.#device.attemptFailed();
      return refuse(bluezErrors.authenticationCanceled);
    } finally {
      if (this.#run === run) this.#run = null;
      if (this.#asked === over.promise) this.#asked = null;
      over.resolve(undefined);
    }
  }

  /** CancelPairing: whoever asked for the pairing is answered first, and the link ends last. */
  async cancelled(): Promise<Answer> {
    if (!this.cancel()) return refuse(bluezErrors.doesNotExist);
    await new Promise((resolve) => setImmediate(resolve));
    return done;
  }

  /** Takes back what a client has asked for; the link goes with it. False if there is nothing to take back. */
  cancel(): boolean {
    const run = this.#run;
    if (run === null) return false;
    this.#run = null;
    run.request?.cancel();
    run.cancelled.abort();
    const drop = (): void => this.#device.link.drop("the pairing was cancelled");
    if (!this.#device.known.isBonded) setImmediate(() => setImmediate(drop));
    return true;
  }

  left(client: string): void {
    if (this.#run?.client === client) this.cancel();
  }

  /**
   * A pairing by the default agent's leave; where a client has asked for one, there is that one and no other.
   * @returns whether there is a bond now
   */
  implicit(): Promise<boolean> {
    const work = this.#asked?.then(() => this.#device.known.isBonded) ?? this.#implicit ?? this.#pairUnasked();
    this.#implicit ??= work.finally(() => {
      this.#implicit = null;
    });
    return this.#implicit;
  }

  async #pairUnasked(): Promise<boolean> {
    const run: Run = { client: null, cancelled: new AbortController(), request: null };
    this.#run ??= run;
    try {
      const outcome = await this.#exchange(run, this.#home.agents.of(null));
      if (outcome.ok) this.#bonded();
      else this.#failed(outcome.error);
      return outcome.ok;
    } catch (error) {
      if (!run.cancelled.signal.aborted) throw error;
      return false;
    } finally {
      if (this.#run === run) this.#run = null;
    }
  }

  async #pair(run: Run, agent: Agent | null): Promise<Answer> {
    const { link } = this.#device;
    if (!link.isConnected && (await abortable(link.dial(pairWaitMs), run.cancelled.signal)) !== null) {
      run.cancelled.signal.throwIfAborted();
      return refuse(bluezErrors.connectionAttemptFailed);
    }
    const outcome = await this.#exchange(run, agent);
    run.cancelled.signal.throwIfAborted();
    if (!outcome.ok) return this.#failed(outcome.error);
    this.#bonded();
    await link.whenResolved().catch(() => undefined);
    return done;
  }

  async #exchange(run: Run, agent: Agent | null): Promise<PairingOutcome> {
    const { connection } = this.#device.link;
    if (connection === null) return { ok: false, error: "link-ended" };
    const central: PairingCentral = {
      io: agent?.io ?? "no-input-no-output",
      answer: async (question) => {
        if (agent === null) return { accept: false, passkey: null };
        // Who asks for a pairing has authorised it.
        if (question.ask === "authorise" && run.client !== null) return { accept: true, passkey: null };
        run.request = this.#home.agents.ask(agent, this.#device.path, question);
        return await run.request.answer;
      },
    };
    return await connection.pair(central, run.cancelled.signal).finally(() => {
      if (run.cancelled.signal.aborted) run.request?.cancel();
    });
  }

  #bonded(): void {
    const { known } = this.#device;
    this.#device.setTemporary(false);
    if (known.isBonded) return;
    known.isBonded = true;
    this.#home.known.keep(known);
    this.#device.changed("Bonded");
    if (known.addressKind === "random-private") {
      this.#device.changed("Address");
      this.#device.changed("AddressType");
    }
    const tellPaired = (): void => this.#device.changed("Paired");
    if (this.#device.link.isResolved) tellPaired();
    this.#home.tree.flush();
    if (!this.#device.link.isResolved) void this.#device.link.whenResolved().then(tellPaired, tellPaired);
  }

  /** A refusal of our own side leaves the link standing; one of the device, or its silence, ends it. */
  #failed(failure: Extract<PairingOutcome, { ok: false }>["error"]): Answer {
    const run = this.#run;
    this.#device.attemptFailed();
    if (failure === "timed-out" || failure === "link-ended") {
      this.#device.link.drop("the pairing took too long");
      run?.request?.cancel();
      return refuse(bluezErrors.authenticationCanceled);
    }
    if (failure !== "refused-by-central") {
      setImmediate(() => this.#device.link.drop("the device has broken the pairing off"));
    }
    return refuse(bluezErrors.authenticationFailed);
  }
}

function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(gattErrors.make("link-closed", "the pairing was cancelled"));
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
