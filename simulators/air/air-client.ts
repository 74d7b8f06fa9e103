import type { Socket } from "node:net";
import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { fromHex, toHex } from "../../device-drivers/kit/hex.ts";
import {
  type AirMessage,
  type AirRequest,
  type AirResult,
  airLineBytesMax,
} from "../../device-drivers/ports/air-protocol.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { AirConnection, CentralEnd } from "./air-connection.ts";
import { parseAirRequest } from "./air-request.ts";
import { type CentralKeys, ClientPairing, noSuchPairing, pairingEnd, type PairingRefusal } from "./client-pairing.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { VirtualAir } from "./virtual-air.ts";

/** Beyond this, devices are held back and advertisements are not told: the client does not read. */
const unreadBytesMax = 1_048_576;
/** Beyond this, nothing more is read from the client until some is answered. */
const pendingRequestsMax = 256;

type LinkRequest = Extract<AirRequest, { readonly link: number }>;
type PairRequest = Extract<AirRequest, { readonly op: "pair" }>;

/**
 * One client of the air server. When it dies, at whatever byte, its links end: devices have then heard every
 * confirmation that it had sent, and no other.
 */
export class AirClient {
  readonly #air: VirtualAir;
  readonly #socket: Socket;
  readonly #keys: CentralKeys;
  readonly #pairings = new Map<number, ClientPairing>();
  readonly #lines = new LineSplitter(airLineBytesMax);
  readonly #links = new Map<number, AirConnection>();
  readonly #gone = new AbortController();
  #scan: AbortController | null = null;
  #lastLink = 0;
  #pending = 0;

  constructor(air: VirtualAir, socket: Socket, keys: CentralKeys) {
    this.#keys = keys;
    this.#air = air;
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    // An error is followed by `close`, and is nothing more than the end of this client.
    socket.on("error", () => undefined);
    socket.on("close", () => this.#end());
  }

  #read(chunk: Buffer): void {
    const lines = this.#lines.push(chunk);
    // Whoever breaks the protocol cannot be told in it.
    if (lines === null) this.#socket.destroy();
    for (const line of lines ?? []) {
      const request = parseAirRequest(line);
      if (request === null) {
        this.#socket.destroy();
        return;
      }
      void this.#serve(request);
    }
  }

  #end(): void {
    this.#gone.abort();
    this.#scan?.abort();
    for (const connection of this.#links.values()) connection.close();
    this.#links.clear();
  }

  async #serve(request: AirRequest): Promise<void> {
    this.#pending += 1;
    if (this.#pending >= pendingRequestsMax) this.#socket.pause();
    try {
      const result = await this.#perform(request);
      if ("code" in result) this.#tell({ id: request.id, ok: false, ...result });
      else this.#tell({ id: request.id, ok: true, result });
    } catch (error) {
      if (this.#gone.signal.aborted) return;
      this.#refuse(request.id, error);
    } finally {
      this.#pending -= 1;
      if (this.#pending < pendingRequestsMax) this.#socket.resume();
    }
  }

  #refuse(id: number, error: unknown): void {
    if (!(error instanceof CarepostError)) throw error;
    const attError = error.context["attError"];
    this.#tell({
      id,
      ok: false,
      code: error.code,
      message: error.message,
      ...(typeof attError === "number" ? { attError } : {}),
    });
  }

  async #perform(request: AirRequest): Promise<AirResult | PairingRefusal> {
    if (request.op === "scan") return this.#setScan(request.on);
    if (request.op === "connect") return await this.#connect(request.address);
    if (request.op === "pair") return await this.#pair(request);
    if (request.op === "answer") return this.#answer(request);
    if (request.op === "forget") return this.#forget(request.address);
    return await this.#operate(request, this.#linkOf(request));
  }

  /** On the client's own link to the device, or else on one that is made for the pairing. */
  async #pair(request: PairRequest): Promise<AirResult | PairingRefusal> {
    const own = [...this.#links.values()].find(({ path }) => path.peripheral.address === request.address);
    if (own !== undefined) return await this.#pairOn(own, request);
    const connection = await this.#air.open(request.address, pairingEnd, this.#gone.signal);
    try {
      return await this.#pairOn(connection, request);
    } finally {
      connection.close();
    }
  }

  async #pairOn(connection: AirConnection, { id, address, io }: PairRequest): Promise<AirResult | PairingRefusal> {
    const pairing = new ClientPairing(id, (question) => this.#tell(question));
    this.#pairings.set(id, pairing);
    try {
      const result = await pairing.run(connection, io, this.#gone.signal);
      if ("type" in result) this.#keys.keep(address);
      return result;
    } finally {
      this.#pairings.delete(id);
    }
  }

  #answer(request: Extract<AirRequest, { op: "answer" }>): AirResult {
    const pairing = this.#pairings.get(request.pairing);
    if (pairing === undefined) throw noSuchPairing();
    pairing.answer(request);
    return { type: "done" };
  }

  #forget(address: string): AirResult {
    this.#keys.forget(address);
    return { type: "done" };
  }

  async #operate(request: LinkRequest, link: AirConnection): Promise<AirResult> {
    const { signal } = this.#gone;
    switch (request.op) {
      case "discover":
        return { type: "characteristics", characteristics: await link.discover(signal) };
      case "read":
        return { type: "value", hex: toHex(await link.read(request.handle, signal)) };
      case "write":
        await link.write(request.handle, fromHex(request.hex) ?? new Uint8Array(), signal);
        break;
      case "subscribe":
        await link.configure(request.handle, true, signal);
        break;
      case "unsubscribe":
        await link.configure(request.handle, false, signal);
        break;
      case "confirm":
        link.confirm(request.confirm);
        break;
      case "close":
        link.close();
        this.#links.delete(request.link);
        break;
    }
    return { type: "done" };
  }

  #linkOf({ link }: LinkRequest): AirConnection {
    const connection = this.#links.get(link);
    if (connection === undefined) throw gattErrors.make("link-lost", "there is no such link any more");
    return connection;
  }

  async #connect(address: string): Promise<AirResult> {
    this.#lastLink += 1;
    const link = this.#lastLink;
    const connection = await this.#air.open(address, this.#centralEnd(link, address), this.#gone.signal);
    // The client may have died while the connection was made.
    if (this.#gone.signal.aborted) connection.close();
    else if (!connection.ended.aborted) this.#links.set(link, connection);
    return { type: "link", link, addressKind: connection.path.peripheral.addressKind, bonded: connection.bonded };
  }

  #centralEnd(link: number, address: string): CentralEnd {
    return {
      holdsKey: this.#keys.holds(address),
      room: async () => await this.#room(),
      value: ({ handle, value, confirm }) => this.#tell({ event: "value", link, handle, hex: toHex(value), confirm }),
      lost: (reason) => {
        this.#links.delete(link);
        this.#tell({ event: "link-lost", link, reason });
      },
    };
  }

  #setScan(on: boolean): AirResult {
    this.#scan?.abort();
    this.#scan = on ? new AbortController() : null;
    if (this.#scan === null) return { type: "done" };
    void this.#air.listen((advertisement) => {
      if (this.#socket.writableLength <= unreadBytesMax) this.#tell({ event: "advertisement", advertisement });
    }, this.#scan.signal);
    return { type: "done" };
  }

  #tell(message: AirMessage): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  async #room(): Promise<void> {
    if (this.#socket.writableLength <= unreadBytesMax || !this.#socket.writable) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#socket.off("drain", done).off("close", done);
        resolve();
      };
      this.#socket.on("drain", done).on("close", done);
    });
  }
}
