import { fromHex, toHex } from "../../../../device-drivers/kit/hex.ts";
import { AttributeAccess, type LinkSecurity } from "../../../../simulators/bluetooth/att/attribute-access.ts";
import { AttError } from "../../../../simulators/bluetooth/att/att-pdu.ts";
import { AttServer } from "../../../../simulators/bluetooth/att/att-server.ts";
import { type DeclaredDevice, gattDatabase } from "../../../../simulators/bluetooth/att/gatt-database.ts";

/** An ATT server over a device that is a table of values, and a client that speaks in hex. */
export class AttRig {
  readonly server: AttServer;
  readonly access: AttributeAccess;
  /** By the handles of the air. */
  readonly values = new Map<number, Uint8Array>();
  /** What reached the device. */
  readonly heard: string[] = [];
  /** What the server has sent and nobody has taken. */
  readonly sent: string[] = [];
  security: LinkSecurity = { isEncrypted: true, isAuthenticated: true, hasKey: true, demandsAuthentication: false };
  /** What the device answers to the next write or configuration. */
  refusal: number | null = null;

  constructor(peripheral: DeclaredDevice) {
    this.access = new AttributeAccess({
      database: gattDatabase(peripheral),
      device: {
        read: async (handle) => this.values.get(handle) ?? Uint8Array.of(handle),
        write: async (handle, value) => this.#hear(`write ${handle} ${toHex(value)}`),
        configure: async (handle, enabled) => this.#hear(`${enabled ? "on" : "off"} ${handle}`),
      },
      security: () => this.security,
      configured: () => undefined,
    });
    this.server = new AttServer({ access: this.access, send: (pdu) => this.sent.push(toHex(pdu)), mtuMax: 100 });
  }

  /** Sends a PDU and resolves with what came of it, in hex; null for nothing. */
  async ask(hex: string): Promise<string | null> {
    this.server.receive(fromHex(hex.replaceAll(" ", "")) ?? new Uint8Array(0));
    // Every answer of this device comes within the microtasks that are due.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    return this.sent.shift() ?? null;
  }

  #hear(what: string): void {
    const code = this.refusal;
    this.refusal = null;
    if (code !== null) throw new AttError(0, code);
    this.heard.push(what);
  }
}

/** A device whose table is laid out without a gap: its first service begins at 0x000E. */
export const plainTable = {
  name: "Plain",
  services: ["1810"],
  requiresBond: true,
  characteristics: [
    { service: "180A", uuid: "2A24", handle: 0x10, properties: ["read"] },
    { service: "1810", uuid: "2A35", handle: 0x13, properties: ["indicate"] },
    { service: "1810", uuid: "2A52", handle: 0x16, properties: ["write", "indicate"] },
    { service: "1810", uuid: "00010203-0405-0607-0809-0A0B0C0D0E0F", handle: 0x19, properties: ["read", "notify"] },
    { service: "1810", uuid: "2A08", handle: 0x1c, properties: ["write-without-response"] },
  ],
} as const;
