import type { Socket } from "node:net";
import type { HciTransport } from "../hci-transport.ts";
import { PacketSplitter } from "./packet-splitter.ts";

/** Octets that the other process has not taken; one that lets more pile up has hung. */
const unsentBytesMax = 8 * 1_024 * 1_024;

/** A socket as an HCI. It ends when the socket does, or when what comes over it is not H4. */
export function h4Stream(socket: Socket): HciTransport {
  const over = new AbortController();
  const splitter = new PacketSplitter();
  const close = (): void => {
    over.abort();
    socket.destroy();
  };
  // Without a listener an error would end the process; the socket closes after it.
  socket.on("error", close);
  socket.on("close", close);
  socket.setNoDelay(true);
  return {
    send: (packet) => {
      if (over.signal.aborted) return;
      if (socket.writableLength > unsentBytesMax) close();
      else socket.write(packet);
    },
    receive: (take) => {
      socket.on("data", (octets: Buffer) => {
        const packets = splitter.push(octets);
        for (const packet of packets ?? []) {
          if (!over.signal.aborted) take(packet);
        }
        if (packets === null) close();
      });
    },
    close,
    ended: over.signal,
  };
}

/** Joins two transports into one way; when one ends, so does the other. */
export function join(one: HciTransport, other: HciTransport): void {
  one.receive((packet) => other.send(packet));
  other.receive((packet) => one.send(packet));
  whenAborted(one.ended, () => other.close());
  whenAborted(other.ended, () => one.close());
}

export function whenAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
}
