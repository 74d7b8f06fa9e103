import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { CollectionEnd, DeviceDriver, DriverSession, Observed } from "../../device-drivers/kit/driver.ts";
import { collectErrors } from "./collect-error.ts";

/** How long a driver may take to end when it is told to: enough to tell a meter to stop. */
const farewellMs = 3_000;

/**
 * Lets a driver collect, and makes each item durable with `take` before it asks for the next. If `take` fails, the link
 * is closed first of all: nothing may reach the device that it could take for a confirmation of what is not on disk.
 *
 * @throws CarepostError what the driver or `take` threw; `driver-failed` around anything that is none;
 * `driver-stuck` if it does not end when the session is aborted; the signal's reason if it does
 */
export async function runDriver(
  driver: DeviceDriver,
  session: DriverSession,
  take: (observed: Observed) => Promise<void>,
): Promise<CollectionEnd> {
  const iterator = driver.collect(session);
  const over = new AbortController();
  const stuck = untilStuck(session, over.signal);
  // It also ends when the driver does, which is no failure.
  stuck.catch(() => undefined);
  try {
    for (;;) {
      const step = await Promise.race([iterator.next(), stuck]);
      if (step.done === true) return step.value;
      await taking(session, () => take(step.value));
    }
  } catch (error) {
    await Promise.race([iterator.return(nothing).catch(() => undefined), session.clock.sleep(farewellMs, over.signal)]);
    if (session.signal.aborted) throw session.signal.reason;
    throw asCarepostError(error);
  } finally {
    over.abort();
  }
}

const nothing: CollectionEnd = { records: 0, counterWasReset: false };

async function taking(session: DriverSession, take: () => Promise<void>): Promise<void> {
  try {
    await take();
  } catch (error) {
    await session.link.close();
    throw error;
  }
}

/** Rejects if a driver has not ended some time after its session was aborted. */
async function untilStuck({ clock, link, signal }: DriverSession, over: AbortSignal): Promise<never> {
  await aborted(signal, over);
  await clock.sleep(farewellMs, over);
  await link.close();
  await clock.sleep(farewellMs, over);
  throw collectErrors.make("driver-stuck", "the driver did not end when its session was over");
}

function aborted(signal: AbortSignal, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true, signal: over });
  });
}

export function asCarepostError(error: unknown): CarepostError {
  if (error instanceof CarepostError) return error;
  return collectErrors.make("driver-failed", "the driver threw what no driver should throw", { cause: error });
}
