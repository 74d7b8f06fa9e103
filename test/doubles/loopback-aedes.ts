import { createServer } from "node:net";
import type { Socket } from "node:net";
import { Aedes } from "aedes";

/** A plain aedes on loopback, as somebody would start one: MQTT 3.1.1, everything in memory. */
export interface LoopbackAedes {
  readonly url: string;
  readonly broker: Aedes;
  cut(): void;
  stop(): Promise<void>;
}

export async function startAedes(): Promise<LoopbackAedes> {
  const broker = await Aedes.createBroker({ connectTimeout: 5_000 });
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    broker.handle(socket);
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `mqtt://127.0.0.1:${port}`,
    broker,
    cut,
    stop: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      cut();
      await closed.promise;
      const ended = Promise.withResolvers<void>();
      broker.close(() => ended.resolve());
      await ended.promise;
    },
  };
}
