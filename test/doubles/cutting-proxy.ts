import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** Stands between a client and a server on loopback, and cuts a connection at a word that the client says. */
export interface CuttingProxy {
  readonly port: number;
  /**
   * The next connection on which the client says `word` is cut, once: after the server has it (`answer`: its answer is
   * lost) or before (`question`).
   */
  cutAt(word: string, lost: "answer" | "question"): void;
  stop(): Promise<void>;
}

export async function startCuttingProxy(targetPort: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let cut: { readonly word: string; readonly lost: "answer" | "question" } | null = null;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    keep(client);
    const target = keep(connect(targetPort, "127.0.0.1"));
    target.on("data", (bytes) => void (client.destroyed || client.write(bytes))).on("close", () => client.destroy());
    let swallows = false;
    client.on("close", () => {
      if (!swallows) target.destroySoon();
    });
    client.on("data", (bytes) => {
      const order = cut !== null && bytes.includes(cut.word) ? cut : null;
      if (order?.lost !== "question") target.write(bytes);
      if (order === null) return;
      cut = null;
      // Whoever answers to nobody gives up what it was told: it has to believe that somebody listens.
      swallows = order.lost === "answer";
      client.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: portOf(server.address()),
    cutAt: (word, lost) => {
      cut = { word, lost };
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

const portOf = (address: AddressInfo | string | null): number =>
  address !== null && typeof address === "object" ? address.port : 0;
