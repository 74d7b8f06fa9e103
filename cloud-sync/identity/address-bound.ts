import type { Server, Socket } from "node:net";

export interface AddressBound {
  /** How many connections one address may hold. */
  readonly connectionsMax: number;
  readonly onRefused: () => void;
}

/**
 * Ends a connection at once whose address holds its share already, so that one that opens connections and says nothing
 * does not take the places of all others. Returns what ends those that are held, also where TLS still waits for a word.
 */
export function boundPerAddress(server: Server, { connectionsMax, onRefused }: AddressBound): () => void {
  const held = new Map<string, Set<Socket>>();
  // Whoever listens already, as TLS does, must not hear of what is refused: it would wait for it to say something.
  const admitted = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const { remoteAddress: address = "" } = socket;
    const sockets = held.get(address) ?? new Set();
    if (sockets.size >= connectionsMax) {
      onRefused();
      socket.destroy();
      return;
    }
    held.set(address, sockets.add(socket));
    socket.once("close", () => {
      sockets.delete(socket);
      if (sockets.size === 0) held.delete(address);
    });
    for (const admit of admitted) admit.call(server, socket);
  });
  return () => {
    for (const sockets of held.values()) for (const socket of sockets) socket.destroy();
  };
}
