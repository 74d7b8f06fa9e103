import { encodeAcl } from "../acl-packet.ts";
import { encodeFrame, type L2capFrame } from "./frame-assembler.ts";

/** What the controller said of its buffers (LE Read Buffer Size, Core Vol 4 Part E 7.8.2). */
export interface ControllerBuffers {
  readonly fragmentOctetsMax: number;
  readonly packets: number;
}

/** Values wait with their sender while so many packets wait for the controller. */
const waitingPacketsMax = 32;

/**
 * Sends the frames of one connection in fragments, never more at once than the controller has room for (Core Vol 4
 * Part E 4.1.1). Frames go whole and in order.
 */
export class AclSender {
  readonly #connectionHandle: number;
  readonly #buffers: ControllerBuffers;
  readonly #send: (packet: Uint8Array) => void;
  readonly #waiting: Uint8Array[] = [];
  #underWay = 0;
  #isClosed = false;
  readonly #whenRoom = new Set<() => void>();
  readonly #whenDrained = new Set<() => void>();

  constructor(connectionHandle: number, buffers: ControllerBuffers, send: (packet: Uint8Array) => void) {
    this.#connectionHandle = connectionHandle;
    this.#buffers = buffers;
    this.#send = send;
  }

  send(frame: L2capFrame): void {
    if (this.#isClosed) return;
    const octets = encodeFrame(frame);
    const { fragmentOctetsMax } = this.#buffers;
    for (let offset = 0; offset < octets.length; offset += fragmentOctetsMax) {
      const fragment = octets.subarray(offset, offset + fragmentOctetsMax);
      this.#waiting.push(encodeAcl({ handle: this.#connectionHandle, isFirst: offset === 0, fragment }, "host"));
    }
    this.#flush();
  }

  /** The controller has sent so many packets, or given them up. */
  completed(packets: number): void {
    this.#underWay = Math.max(0, this.#underWay - packets);
    this.#flush();
  }

  /** Resolves when another value may be put in, or when none ever will be. */
  room(): Promise<void> {
    return this.#isClosed || this.#waiting.length < waitingPacketsMax ? Promise.resolve() : waitIn(this.#whenRoom);
  }

  /** Resolves when everything has been sent and acknowledged, or when the connection has ended. */
  drained(): Promise<void> {
    return this.#isClosed || this.#isIdle() ? Promise.resolve() : waitIn(this.#whenDrained);
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
    release(this.#whenRoom);
    release(this.#whenDrained);
  }

  #isIdle(): boolean {
    return this.#underWay === 0 && this.#waiting.length === 0;
  }

  #flush(): void {
    while (this.#underWay < this.#buffers.packets) {
      const packet = this.#waiting.shift();
      if (packet === undefined) break;
      this.#underWay += 1;
      this.#send(packet);
    }
    if (this.#waiting.length < waitingPacketsMax) release(this.#whenRoom);
    if (this.#isIdle()) release(this.#whenDrained);
  }
}

const waitIn = (waiters: Set<() => void>): Promise<void> =>
  new Promise((resolve) => {
    waiters.add(resolve);
  });

function release(waiters: Set<() => void>): void {
  for (const resolve of waiters) resolve();
  waiters.clear();
}
