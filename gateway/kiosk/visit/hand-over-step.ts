import { randomUUID } from "node:crypto";
import { standingConsentsOf } from "../../care/consents-of.ts";
import type { Assignment } from "../../store/store.ts";
import type { EnrolDevice } from "../contract/requests.ts";
import { kioskErrors } from "../kiosk-error.ts";
import { type Scene, requireStep } from "./progress.ts";
import { enrolled } from "./visit-deeds.ts";

/** The device goes home with this person: it is theirs from now on, and their home hub is told. */
export async function enrol({ host, progress }: Scene, { device, userSlot }: EnrolDevice): Promise<void> {
  requireStep(progress, "hand-over");
  const { sources } = host;
  const { consent, devices, person } = progress;
  if (consent === null || progress.who === "guest") {
    throw kioskErrors.make("visit-step-refused", "a guest has nothing that a home hub could be told");
  }
  const standing = await standingConsentsOf(sources.store, person);
  if (!standing.some(({ id }) => id === consent.id)) {
    throw kioskErrors.make("visit-step-refused", "the consent of this visit was withdrawn meanwhile");
  }
  await devices.refresh();
  const offered = devices.paired().find(({ token }) => token === device);
  if (offered === undefined) throw kioskErrors.make("device-unknown-here", "it was not paired in this visit");
  const deviceId = devices.idOf(device);
  if (deviceId === null) throw kioskErrors.make("device-not-met", "the device has not said yet who it is");
  if (offered.userSlots > 0 && userSlot === null) {
    throw kioskErrors.make("user-slot-needed", "the device keeps its users apart, and none was chosen");
  }
  const owners = devices.assignments.filter((each) => each.deviceId === deviceId && each.untilAt === null);
  if (owners.some((each) => each.person !== person && overlaps(each, userSlot))) {
    throw kioskErrors.make("device-of-another", "the device, or this user of it, is somebody else's");
  }
  const isTheirs = owners.some((each) => each.person === person && each.userSlot === userSlot);
  if (!isTheirs) {
    const at = sources.now();
    const assignment: Assignment = {
      id: randomUUID(),
      deviceId,
      userSlot,
      person,
      consent: consent.id,
      fromAt: at,
      untilAt: null,
      source: "local",
    };
    const known = (await sources.store.devices()).find(({ id }) => id === deviceId) ?? null;
    await sources.store.record(enrolled({ gateway: sources.gateway, at }, assignment, known));
  }
  devices.enrolled(device);
  await devices.refresh();
}

/** One without a slot is for the whole device. */
const overlaps = (standing: Assignment, userSlot: number | null): boolean =>
  standing.userSlot === null || userSlot === null || standing.userSlot === userSlot;
