import { EventEmitter, once } from "node:events";
import { connect, type Socket } from "node:net";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";

/** How often a socket that ended is tried again. */
const retryEveryMs = 500;
const reset = Buffer.from([0x01, 0x03, 0x0c, 0x00]);

/**
 * A controller behind a Unix socket that speaks H4 (Core Vol 4 Part A), with the interface that noble expects of
 * `bluetooth-hci-socket`. When the socket ends it is tried again, as a dongle is that may be plugged in again.
 * @throws CarepostError `adapter-absent` if nobody answers
 */
export async function openH4Socket(path: string): Promise<H4Socket> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
  } catch (error) {
    throw gattErrors.make("adapter-absent", "no controller answers at the HCI socket", { cause: error });
  }
  return new H4Socket(path, socket);
}

/** Events: `data` with a whole packet, `state` when the controller comes or goes. */
export class H4Socket extends EventEmitter {
  readonly #path: string;
  #socket: Socket | null = null;
  /** The one that is being connected. */
  #attempt: Socket | null = null;
  #rest: Buffer = Buffer.alloc(0);
  #retry: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(path: string, socket: Socket) {
    super();
    this.#path = path;
    this.#adopt(socket);
  }

  isDevUp(): boolean {
    return this.#socket !== null;
  }

  write(packet: Buffer): void {
    this.#socket?.write(packet);
  }

  reset(): void {
    this.write(reset);
  }

  /** Begins again after `stop`; otherwise it has begun already. */
  start(): void {
    this.#isClosed = false;
    if (this.#socket === null && this.#attempt === null) this.#try();
  }

  stop(): void {
    this.#isClosed = true;
    this.#retryNever();
    const [socket, attempt] = [this.#socket, this.#attempt];
    this.#socket = null;
    this.#attempt = null;
    socket?.destroy();
    attempt?.destroy();
  }

  /** A device of the kernel is chosen and filtered here; a socket is one device, and needs no filter. */
  bindRaw(): number {
    return 0;
  }

  bindUser(): number {
    return 0;
  }

  setFilter(): void {
    this.#rest = Buffer.alloc(0);
  }

  #adopt(socket: Socket): void {
    this.#socket = socket;
    this.#rest = Buffer.alloc(0);
    socket.setNoDelay(true);
    socket.on("data", (octets) => this.#take(octets));
    // The socket closes after its error.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.emit("state", false);
      this.#tryLater();
    });
  }

  #tryLater(): void {
    if (!this.#isClosed) this.#retry = setTimeout(() => this.#try(), retryEveryMs);
  }

  #retryNever(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
  }

  #try(): void {
    this.#retryNever();
    const attempt = connect(this.#path);
    this.#attempt = attempt;
    const failed = (): void => {
      if (this.#attempt !== attempt) return;
      this.#attempt = null;
      this.#tryLater();
    };
    attempt.once("error", failed);
    attempt.once("connect", () => {
      attempt.removeListener("error", failed);
      if (this.#attempt !== attempt) return;
      this.#attempt = null;
      this.#adopt(attempt);
      this.emit("state", true);
    });
  }

  #take(octets: Buffer): void {
    let rest = Buffer.concat([this.#rest, octets]);
    for (let length = packetLength(rest); length !== null && length <= rest.length; length = packetLength(rest)) {
      const packet = rest.subarray(0, length);
      rest = rest.subarray(length);
      this.emit("data", Buffer.from(packet));
    }
    // Nothing that begins with another octet can be put in step again.
    if (rest.length > 0 && !isIndicator(rest[0])) this.#socket?.destroy();
    this.#rest = rest;
  }
}

const eventIndicator = 0x04;
const aclIndicator = 0x02;

const isIndicator = (octet: number | undefined): boolean => octet === eventIndicator || octet === aclIndicator;

/** Null while its length has not come. */
function packetLength(octets: Buffer): number | null {
  if (octets[0] === eventIndicator && octets.length >= 3) return 3 + octets.readUInt8(2);
  if (octets[0] === aclIndicator && octets.length >= 5) return 5 + octets.readUInt16LE(3);
  return null;
}
