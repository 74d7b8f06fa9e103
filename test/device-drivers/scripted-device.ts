import { toHex } from "../../device-drivers/kit/hex.ts";
import { fail, ok } from "../../device-drivers/kit/result.ts";
import type { GattCharacteristic, GattProperty } from "../../device-drivers/ports/gatt.ts";
import type {
  AttError,
  AttResult,
  Delivery,
  PeripheralLink,
  PeripheralSession,
  VirtualPeripheral,
} from "../../simulators/peripherals/virtual-peripheral.ts";
import { octets } from "./vectors.ts";

/**
 * What a scripted device does, in lines. A trigger is what reaches it: "write 2A52 0101", or "on 2A35" for a
 * subscription. A reaction is one of:
 *
 * - "2A18 1B04…": sends these octets, as the characteristic's properties have it
 * - "hang up": ends the link, once every indication is confirmed
 * - "refuse 80": answers with this ATT error; only as the first line
 *
 * A trigger with several reactions uses them one after the other, and the last one from then on.
 */
export interface Script {
  readonly on?: Readonly<Record<string, Reaction | readonly Reaction[]>>;
  /** Values by UUID; one that is missing is refused. */
  readonly values?: Readonly<Record<string, string>>;
  /** Called for what `on` does not name. */
  readonly otherwise?: (trigger: string) => Reaction;
}

export type Reaction = string;

/** Several lines as one reaction. */
export const lines = (...parts: readonly string[]): Reaction => parts.join("\n");

/** "1808/2A18 notify" for each; several properties are parted by commas. */
export function declare(...declared: readonly string[]): readonly GattCharacteristic[] {
  return declared.map((line, index) => {
    const [, service = "", uuid = "", properties = ""] = /^(\w+)\/(\w+) ([\w,-]+)$/.exec(line) ?? [];
    const known: readonly GattProperty[] = ["read", "write", "notify", "indicate"];
    return { service, uuid, handle: index + 1, properties: known.filter((name) => properties.includes(name)) };
  });
}

/** A device that does what its script says, and remembers what reached it and what became of what it sent. */
export class ScriptedDevice implements VirtualPeripheral {
  readonly address = "C0:FF:EE:00:00:02";
  readonly addressKind = "random-static";
  readonly name = null;
  readonly services: readonly string[];
  readonly requiresBond = false;
  readonly characteristics: readonly GattCharacteristic[];
  /** "on 2A18", "write 2A52 0101", "read 2A2B", "off 2A18", in order. */
  readonly heard: string[] = [];
  /** What became of each value that was sent, in order: "2A35 16… confirmed". */
  readonly deliveries: string[] = [];
  readonly #script: Script;
  readonly #used = new Map<string, number>();
  #link: PeripheralLink | null = null;
  readonly #outstanding: Promise<unknown>[] = [];
  #sending: Promise<void> = Promise.resolve();

  constructor(characteristics: readonly GattCharacteristic[], script: Script) {
    this.characteristics = characteristics;
    this.services = [...new Set(characteristics.map(({ service }) => service))];
    this.#script = script;
  }

  isAdvertising(): boolean {
    return true;
  }

  accept(link: PeripheralLink): PeripheralSession {
    this.#link = link;
    return {
      read: (handle) => this.#read(this.#uuid(handle)),
      write: (handle, value) => this.#react(`write ${this.#uuid(handle)} ${toHex(value)}`),
      configure: (handle, enabled) => this.#react(`${enabled ? "on" : "off"} ${this.#uuid(handle)}`),
    };
  }

  /** What was written to the control point, in order. */
  get requests(): readonly string[] {
    return this.heard.filter((line) => line.startsWith("write 2A52 ")).map((line) => line.slice(11));
  }

  /** The lines of this characteristic that reached the host's Bluetooth, be they taken from there or not. */
  arrived(uuid: string): readonly string[] {
    const arrivals = this.deliveries.filter((delivery) => /^\S+ \S* (?:handed-over|confirmed)$/.test(delivery));
    return arrivals.filter((delivery) => delivery.startsWith(uuid)).map((line) => line.replace(/ [a-z-]+$/, ""));
  }

  /** Sends at a time of the test's own choosing. */
  send(...sent: readonly string[]): void {
    for (const line of sent) this.#sending = this.#sending.then(() => this.#perform(line));
  }

  #read(uuid: string): AttResult<Uint8Array> {
    this.heard.push(`read ${uuid}`);
    const value = this.#script.values?.[uuid];
    return value === undefined ? fail(0x0e) : ok(octets(value));
  }

  #react(trigger: string): AttResult {
    this.heard.push(trigger);
    const reaction = this.#reaction(trigger)
      .split("\n")
      .filter((line) => line !== "");
    const refusal = /^refuse (\w\w)$/.exec(reaction[0] ?? "");
    if (refusal !== null) return fail(attError(refusal[1] ?? ""));
    this.send(...reaction);
    return ok(undefined);
  }

  #reaction(trigger: string): Reaction {
    const scripted = this.#script.on?.[trigger];
    if (scripted === undefined) return this.#script.otherwise?.(trigger) ?? "";
    if (typeof scripted === "string") return scripted;
    const used = this.#used.get(trigger) ?? 0;
    this.#used.set(trigger, used + 1);
    return scripted[Math.min(used, scripted.length - 1)] ?? "";
  }

  async #perform(line: string): Promise<void> {
    if (line === "hang up") {
      await Promise.all(this.#outstanding);
      this.#link?.disconnect();
      return;
    }
    const [uuid = "", hex = ""] = line.split(" ");
    const characteristic = this.characteristics.find((each) => each.uuid === uuid);
    if (this.#link === null || characteristic === undefined) throw new Error(`The script cannot send "${line}".`);
    const { handle, properties } = characteristic;
    const isIndication = properties.includes("indicate");
    const sent = this.#link[isIndication ? "indicate" : "notify"](handle, octets(hex));
    const remembered = sent.then((delivery: Delivery) => this.deliveries.push(`${line} ${delivery}`));
    if (isIndication) this.#outstanding.push(remembered);
    else await remembered;
  }

  #uuid(handle: number): string {
    return this.characteristics.find((each) => each.handle === handle)?.uuid ?? "unknown";
  }
}

const attErrorCodes: readonly AttError[] = [0x05, 0x06, 0x0e, 0x80, 0x81, 0xfd, 0xfe];

function attError(hex: string): AttError {
  const code = attErrorCodes.find((each) => each === Number.parseInt(hex, 16));
  if (code === undefined) throw new Error(`The script cannot refuse with ${hex}.`);
  return code;
}
