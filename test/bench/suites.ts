import { backlog } from "./backlog.ts";
import { decode } from "./decode.ts";
import { drain } from "./drain.ts";
import { fhir } from "./fhir.ts";
import { fleet } from "./fleet.ts";
import type { Suite } from "./figure.ts";
import { intake } from "./intake.ts";
import { kioskHttp } from "./kiosk-http.ts";
import { kioskScreen } from "./kiosk-screen.ts";
import { latency } from "./latency.ts";
import { nats } from "./nats.ts";
import { offlineStart } from "./offline-start.ts";
import { postgres } from "./postgres.ts";
import { radio, radioOverBluez } from "./radio.ts";
import { shared } from "./shared.ts";
import { slowDisk } from "./slow-disk.ts";
import { withdrawal } from "./withdrawal.ts";

/** In the order in which they run. */
export const suites: readonly Suite[] = [
  decode,
  intake,
  withdrawal,
  drain,
  backlog,
  latency,
  slowDisk,
  offlineStart,
  postgres,
  shared,
  nats,
  radio,
  radioOverBluez,
  kioskHttp,
  fhir,
  fleet,
  kioskScreen,
];
