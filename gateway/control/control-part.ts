import type { Socket } from "node:net";
import type { Log } from "../../device-drivers/ports/log.ts";
import type { Part } from "../run-parts.ts";
import { controlErrors } from "./control-error.ts";
import { type ControlServices, ControlVisitor } from "./control-visitor.ts";
import { servePrivateSocket } from "./private-socket.ts";

export interface ControlComponents extends ControlServices {
  /** Where the socket is to be: `controlPath` of the store. */
  readonly path: string;
  readonly log: Log;
}

const visitorsMax = 8;

/**
 * Serves the control socket for as long as the gateway runs. A socket that cannot be made is told of in the log, and the
 * gateway does its work without.
 */
export function controlPart(components: ControlComponents): Part {
  const { path, log } = components;
  const served = {
    path,
    visitorsMax,
    meet: (socket: Socket) => void new ControlVisitor(components, socket),
    failed: (cause: unknown) => {
      const { code, remedy } = controlErrors.make("control-unavailable", "the socket cannot be made", { cause });
      log.warn("control-unavailable", { code, reason: remedy });
    },
  };
  return { name: "control socket", run: (signal) => servePrivateSocket(served, signal) };
}
