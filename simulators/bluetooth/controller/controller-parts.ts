import type { Random } from "../../../device-drivers/ports/clock.ts";
import type { AcceptList } from "./accept-list.ts";
import type { Advertiser } from "./advertiser.ts";
import type { Connections } from "./connections.ts";
import type { EventPort } from "./event-port.ts";
import type { Identity } from "./identity.ts";
import type { Initiator } from "./initiator.ts";
import type { ResolvingList } from "./resolving-list.ts";
import type { Scanner } from "./scanner.ts";

/** What a controller is made of, as its commands see it. */
export interface ControllerParts {
  readonly events: EventPort;
  readonly identity: Identity;
  readonly acceptList: AcceptList;
  readonly resolvingList: ResolvingList;
  readonly advertiser: Advertiser;
  readonly scanner: Scanner;
  readonly initiator: Initiator;
  readonly connections: Connections;
  readonly random: Random;
  /** Everything as after power-on; links are lost (Core Vol 4 Part E 7.3.2). */
  reset(): void;
}
