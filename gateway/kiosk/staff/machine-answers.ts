import { type BundleMachine, bundleOfGateway } from "../../ops/bundle-of-gateway.ts";
import { runCheckup } from "../../ops/run-checkup.ts";
import type { PageSources } from "../../page-sources.ts";
import type { StaffDeskOptions } from "./create-staff-desk.ts";

/** What the staff desk asks of the machine beyond the gateway: the checks of `carepost doctor`, and the support bundle. */
export const machineAnswers = (
  sources: PageSources,
  machine: BundleMachine,
): Pick<StaffDeskOptions, "quotaBytes" | "examine" | "bundle"> => ({
  quotaBytes: machine.loaded.config.store.quotaMiB * 2 ** 20,
  examine: (signal) => runCheckup(machine.origin, signal),
  bundle: (near, signal) => bundleOfGateway(sources, machine, { near, signal }),
});
