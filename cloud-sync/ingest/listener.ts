import { lookup } from "node:dns/promises";
import { createServer, isIPv4, type Server, type Socket } from "node:net";
import type { BrokerLimits } from "./broker-limits.ts";
import { ingestErrors } from "./ingest-error.ts";

export interface ListenAddress {
  readonly host: string;
  /** 0 takes any port that is free. */
  readonly port: number;
}

export interface Listener {
  readonly address: ListenAddress;
  /** Accepts no more. Connections that are open stay. */
  close(): void;
  /** Resolves when it accepts no more and no connection is left. */
  readonly closed: Promise<void>;
}

export interface ListenerHandlers {
  onSocket(socket: Socket): void;
  /** A connection beyond `connectionsMax` was cut. */
  onDropped(): void;
}

/**
 * Listens for TCP connections of this machine. Rejects with `listen-refused` for any address but loopback's, because
 * peers are not authenticated, and with `listen-failed` if the port cannot be had.
 */
export async function listenOnLoopback(
  wanted: ListenAddress,
  limits: BrokerLimits,
  handlers: ListenerHandlers,
): Promise<Listener> {
  return await openListener({ host: await loopbackAddress(wanted.host), port: wanted.port }, limits, handlers);
}

/** Listens on any address, for whoever authenticates its peers. Rejects with `listen-failed`. */
export async function openListener(
  wanted: ListenAddress,
  limits: BrokerLimits,
  handlers: ListenerHandlers,
): Promise<Listener> {
  const { host } = wanted;
  const server = createServer({ noDelay: true }, (socket) => handlers.onSocket(socket));
  server.maxConnections = limits.connectionsMax;
  server.on("drop", () => handlers.onDropped());
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  server.once("close", resolve);
  const port = await listen(server, { host, port: wanted.port });
  return { address: { host, port }, close: () => server.close(), closed };
}

/** The address behind a name, because a hosts file may say that localhost is anywhere. */
async function loopbackAddress(host: string): Promise<string> {
  const address = host === "localhost" ? (await lookup(host)).address : host;
  if (address === "::1" || (isIPv4(address) && address.startsWith("127."))) return address;
  throw ingestErrors.make("listen-refused", `${host} is not a loopback address of this machine`);
}

function listen(server: Server, { host, port }: ListenAddress): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const onError = (cause: Error): void =>
    reject(ingestErrors.make("listen-failed", `cannot listen on ${host} port ${port}`, { cause }));
  server.once("error", onError);
  server.listen({ host, port, exclusive: true }, () => {
    server.off("error", onError);
    const bound = server.address();
    resolve(bound !== null && typeof bound === "object" ? bound.port : port);
  });
  return promise;
}
