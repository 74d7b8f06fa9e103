import { connectControl, type ControlClient } from "../control/control-client.ts";
import { controlPath } from "../control/control-path.ts";
import { systemClock } from "../system-clock.ts";
import { cliErrors } from "./cli-error.ts";
import { storePathOf, type StoreOptions } from "./with-store.ts";

/** Who does what changes the store: the gateway that runs over it, or this command itself. */
export interface Doers<T> {
  readonly gateway: (client: ControlClient) => Promise<T>;
  /** With a store of its own, which it opens; `gateway-running` is waited out for a while. */
  readonly own: () => Promise<T>;
}

/** A gateway has the database before it can be asked: one that starts is waited for. */
const startMsMax = 10_000;
const startLookMs = 250;

/** Asks the running gateway, or, where none runs, lets this command do it. */
export async function withGateway<T>(options: StoreOptions, { gateway, own }: Doers<T>): Promise<T> {
  const startedMs = systemClock.monotonicMs();
  for (;;) {
    const client = await connectControl(controlPath(storePathOf(options)));
    if (client !== null) return await gateway(client).finally(() => client.close());
    try {
      return await own();
    } catch (error) {
      const isStarting = cliErrors.is(error, "gateway-running") && systemClock.monotonicMs() - startedMs < startMsMax;
      if (!isStarting) throw error;
      await systemClock.sleep(startLookMs);
    }
  }
}
