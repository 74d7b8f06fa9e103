import { ok } from "../../device-drivers/kit/result.ts";
import { type Answer, bluezErrors, failed, refuse } from "./bluez-answer.ts";
import { descriptorShape } from "./bluez-shapes.ts";
import type { Characteristic } from "./characteristic.ts";
import type { DeviceLink } from "./device-link.ts";
import type { ObjectTree, ServedInterface } from "./object-tree.ts";
import { fourDigits, longUuid } from "./uuid.ts";

/** org.bluez.GattDescriptor1, of a Client Characteristic Configuration: it can be read, and only StartNotify writes it. */
export class Descriptor implements ServedInterface {
  readonly shape = descriptorShape;
  readonly path: string;
  readonly #tree: ObjectTree;
  readonly #link: DeviceLink;
  readonly #characteristic: Characteristic;
  #value = Buffer.alloc(0);

  constructor(tree: ObjectTree, link: DeviceLink, characteristic: Characteristic) {
    this.#tree = tree;
    this.#link = link;
    this.#characteristic = characteristic;
    this.path = `${characteristic.path}/desc${fourDigits(characteristic.found.handle + 1)}`;
  }

  value(property: string): unknown {
    if (property === "UUID") return longUuid("2902");
    if (property === "Characteristic") return this.#characteristic.path;
    return property === "Value" ? this.#value : undefined;
  }

  call(member: string): Answer {
    if (this.#link.connection === null) return refuse(failed("Not connected"));
    if (member !== "ReadValue") return refuse(bluezErrors.writeNotPermitted);
    const isOn = this.#characteristic.value("Notifying") === true;
    const indicates = !this.#characteristic.found.properties.includes("notify");
    this.#value = Buffer.from([isOn ? (indicates ? 2 : 1) : 0, 0]);
    this.#tree.changed(this.path, this, "Value");
    return ok([this.#value]);
  }
}
