import { expect } from "vitest";
import type { Visit } from "../../../../gateway/kiosk/visit-desk.ts";
import { justWorks, type PairingTraits } from "../../../../simulators/peripherals/pairing-traits.ts";
import type { GlucoseMeter } from "../../../../simulators/peripherals/glucose-meter.ts";
import { type Placed, placeMeter } from "../../../scenarios/site-devices.ts";
import type { VisitRig } from "./visit-rig.ts";

export const ownAddress = "C0:00:00:00:00:10";
/** The meter, and the visit of whoever has it. */
export interface PairingVisit {
  readonly own: Placed<GlucoseMeter>;
  readonly visit: Visit;
}

const passkeyMeter: PairingTraits = { ...justWorks, io: "display-only", mitm: true };

/** A visit at which somebody has opened a window for a meter of their own, which is awake. */
export async function pairingVisit(rig: VisitRig, pairing: PairingTraits = passkeyMeter): Promise<PairingVisit> {
  const own = placeMeter(rig.site, { pairing, wakefulness: { afterUseMs: 120_000, periodic: null } }, ownAddress);
  const visit = await rig.choosing("blood-glucose-meter");
  await rig.run(visit.openPairing());
  own.device.wake();
  await rig.site.clock.advance(2_000);
  return { own, visit };
}

export const candidateOf = (visit: Visit): string => {
  const [candidate] = visit.view().pairing?.candidates ?? [];
  expect(candidate).toMatchObject({ kind: "blood-glucose-meter", isNear: true, name: "Meter" });
  return candidate?.token ?? "";
};
