import { once } from "node:events";
import type { FastifyInstance } from "fastify";
import { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import { pageUrl } from "../../../cloud-sync/http/loopback.ts";
import type { Part } from "../../run-parts.ts";
import { type KioskParts, kioskServer } from "./kiosk-server.ts";

export interface Place {
  readonly host: string;
  /** 0 takes any port that is free. */
  readonly port: number;
  readonly onListening: (url: string) => void;
}

const againMs = 10_000;

/**
 * Serves the kiosk until the signal is aborted. That it cannot listen is told, tried again, and stops nothing: a gateway
 * without pages still collects.
 */
export const servingPart = (parts: KioskParts, place: Place): Part => ({
  name: "kiosk server",
  run: async (signal) => {
    while (!signal.aborted) {
      if (await serve(parts, place, signal)) return;
      await parts.clock.sleep(againMs, signal).catch(() => undefined);
    }
  },
});

/** Whether it could, in the end. A certificate that cannot be used is a reason to try again: it may be renewed. */
async function serve(parts: KioskParts, place: Place, signal: AbortSignal): Promise<boolean> {
  const { host } = place;
  const app = await kioskServer(parts).catch((error: unknown) => {
    if (!(error instanceof CarepostError)) throw error;
    parts.log.error("kiosk-not-listening", { host, port: place.port, code: error.code });
    return null;
  });
  if (app === null) return false;
  try {
    const port = await listen(app, place);
    if (port === null) {
      parts.log.error("kiosk-not-listening", { host, port: place.port });
      return false;
    }
    parts.log.info("kiosk-listening", { host, port });
    place.onListening(pageUrl({ isTls: parts.tls !== null, host, port }));
    if (!signal.aborted) await once(signal, "abort");
    return true;
  } finally {
    await app.close();
  }
}

/** The port; null if it cannot be had. */
async function listen(app: FastifyInstance, { host, port }: Place): Promise<number | null> {
  try {
    await app.listen({ host, port });
  } catch {
    return null;
  }
  const address = app.server.address();
  return address !== null && typeof address === "object" ? address.port : port;
}
