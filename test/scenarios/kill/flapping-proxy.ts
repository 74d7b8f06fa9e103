import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/**
 * A stretch of network between a gateway and its broker that fails as networks do: it cuts what is connected, refuses what
 * comes, or swallows every byte while both sides believe themselves connected. Loopback only.
 */
export interface FlappingProxy {
  readonly port: number;
  /** `pass`: as if it were not there. `refuse`: connections end at once. `swallow`: nothing gets through, nothing ends. */
  setMode(mode: ProxyMode): void;
  /** Resets every connection that is open now. */
  cut(): void;
  close(): Promise<void>;
}

export type ProxyMode = "pass" | "refuse" | "swallow";

export async function startFlappingProxy(target: { readonly port: number }): Promise<FlappingProxy> {
  const state = { mode: "pass" satisfies ProxyMode as ProxyMode, pairs: new Set<readonly [Socket, Socket]>() };
  const server = createServer((near) => {
    if (state.mode === "refuse") {
      near.resetAndDestroy();
      return;
    }
    join(near, connect(target.port, "127.0.0.1"), state);
  });
  await listen(server);
  const cut = (): void => {
    for (const [near, far] of state.pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  };
  return {
    port: portOf(server),
    setMode(mode) {
      state.mode = mode;
      if (mode === "refuse") cut();
    },
    cut,
    close() {
      cut();
      return new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}

interface ProxyState {
  mode: ProxyMode;
  readonly pairs: Set<readonly [Socket, Socket]>;
}

/** Bytes that come while the proxy swallows are gone, so the connection is broken from then on, as in a black hole. */
function join(near: Socket, far: Socket, state: ProxyState): void {
  const pair = [near, far] as const;
  state.pairs.add(pair);
  const end = (): void => {
    state.pairs.delete(pair);
    near.destroy();
    far.destroy();
  };
  for (const [from, to] of [pair, [far, near] as const]) {
    let broken = false;
    from.on("data", (bytes: Buffer) => {
      broken ||= state.mode === "swallow";
      if (!broken) to.write(bytes);
    });
    from.on("error", end);
    from.on("close", end);
  }
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("a server without a port");
  return address.port;
}
