import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { gatewayErrors } from "../../gateway-error.ts";
import { assignmentMade, assignmentsEnded, stands } from "../../care/assignments.ts";
import { enrolledAmong } from "../../care/enrolments.ts";
import { forgetAudited } from "../../care/forget-audited.ts";
import { readingsAttributed, readingsDiscarded } from "../../care/held-readings.ts";
import { whatEnds, withdrawalDeed } from "../../care/withdraw-consents.ts";
import type { PageSources } from "../../page-sources.ts";
import type { Assignment, AuditAction, Change, Deed, NewAuditEntry, Store } from "../../store/store.ts";
import type {
  assignHeld,
  discardHeld,
  endAssignment,
  nameDevice,
  saveAssignment,
  setKiosks,
  withdrawConsent,
} from "../contract/staff-view.ts";
import { setKioskDevice } from "../kiosk-devices.ts";
import { standingConsent } from "./standing-consent.ts";
import { staffErrors } from "./staff-error.ts";

type Gateway = Pick<PageSources, "store" | "now" | "gateway" | "forget" | "collector">;

/** What staff decide. Each is one transaction with the events that tell of it and its audit entries. */
export class StaffDeeds {
  readonly #with: Gateway;

  constructor(gateway: Gateway) {
    this.#with = gateway;
  }

  async assignHeld({ readings, person }: z.infer<typeof assignHeld>, actor: string): Promise<void> {
    await standingConsent(this.#with, person);
    await this.#meet(person);
    await this.#decideHeld(readings, (held, at) => readingsAttributed({ at, actor }, held, person));
  }

  async discardHeld({ readings }: z.infer<typeof discardHeld>, actor: string): Promise<void> {
    await this.#decideHeld(readings, (held, at) => readingsDiscarded({ at, actor }, held));
  }

  async saveAssignment(request: z.infer<typeof saveAssignment>, actor: string): Promise<void> {
    const { store, now } = this.#with;
    const { deviceId, userSlot, person } = request;
    const at = now();
    await requireDevice(store, deviceId);
    const consent = await standingConsent(this.#with, person, request.consent);
    const theirs = (await store.assignments()).filter((other) => other.deviceId === deviceId && stands(other, at));
    if (theirs.some((other) => overlaps(other, userSlot))) {
      throw staffErrors.make("slot-taken", "somebody has this device, or this slot of it, already");
    }
    const id = randomUUID();
    await this.#meet(person);
    const source = "local" as const;
    const assignment = { id, deviceId, userSlot, person, consent, fromAt: at, untilAt: null, source };
    await store.record(assignmentMade({ at, actor }, assignment));
    this.#with.collector.hurry();
  }

  async endAssignment({ id }: z.infer<typeof endAssignment>, actor: string): Promise<void> {
    const { store, now } = this.#with;
    const assignment = (await store.assignments()).find((other) => other.id === id);
    if (assignment === undefined || !stands(assignment, now())) {
      throw staffErrors.make("assignment-unknown", "no such assignment stands");
    }
    if (assignment.source === "roster") {
      throw staffErrors.make("assignment-of-roster", "this assignment is part of the roster");
    }
    const { changes, events, audit } = await this.#ending([assignment], actor);
    const release: Change = { type: "release-device", deviceId: assignment.deviceId };
    await this.#record({ changes: [...changes, release], events, audit });
  }

  async forgetDevice({ deviceId }: z.infer<typeof nameDevice>, actor: string): Promise<void> {
    const { now, gateway } = this.#with;
    const { wasKnown } = await forgetAudited(this.#with, { at: now(), actor, gateway: () => gateway }, deviceId);
    if (!wasKnown) throw gatewayErrors.make("device-unknown", "no such device is known here");
  }

  async setKiosks({ deviceId, isKiosks }: z.infer<typeof setKiosks>, actor: string): Promise<void> {
    const { store, collector } = this.#with;
    if (isKiosks) await requireDevice(store, deviceId);
    if (!(await setKioskDevice(store, deviceId, isKiosks))) return;
    await this.#record({
      changes: isKiosks ? [] : [{ type: "release-device", deviceId }],
      audit: [this.#entry(actor, "kiosk-device-set", { device: deviceId, isKiosks })],
    });
    collector.hurry();
  }

  /** Everything that this person agreed to here ends, and what is theirs and was not delivered is removed. */
  async withdrawConsent({ person }: z.infer<typeof withdrawConsent>, actor: string): Promise<void> {
    const { store, now, gateway } = this.#with;
    const at = now();
    const ending = await whatEnds(store, { person, at });
    if (ending.consents.length + ending.assignments.length === 0) {
      throw staffErrors.make("nothing-to-withdraw", "this person has agreed to nothing that still stands here");
    }
    await store.record(withdrawalDeed({ person, at, actor, gateway }, ending));
  }

  async #meet(reference: string): Promise<void> {
    const { store, now } = this.#with;
    const isKnown = (await store.people()).some((person) => person.reference === reference);
    if (!isKnown) await store.savePerson({ reference, createdAt: now() });
  }

  async #decideHeld(readings: readonly string[], decide: (held: readonly string[], at: number) => Deed): Promise<void> {
    const { store, now } = this.#with;
    const held = await this.#heldAmong(readings);
    const notHeld = held.length === 0 ? [] : (await store.record(decide(held, now()))).notHeld;
    const missed = new Set(readings).size - held.length + notHeld.length;
    if (missed === 0) return;
    throw staffErrors.make("held-reading-decided", `${missed} of these readings do not wait for a decision any more`);
  }

  /** So that the audit log does not tell of a decision that changed nothing. */
  async #heldAmong(readings: readonly string[]): Promise<readonly string[]> {
    const asked = new Set(readings);
    const found: string[] = [];
    let beforeSeq: number | undefined;
    while (found.length < asked.size) {
      const page = await this.#with.store.readings({
        state: "held",
        limit: heldPage,
        ...(beforeSeq === undefined ? {} : { beforeSeq }),
      });
      found.push(...page.map(({ reading }) => reading.id).filter((id) => asked.has(id)));
      beforeSeq = page.at(-1)?.seq;
      if (page.length < heldPage) break;
    }
    return [...asked].filter((id) => found.includes(id));
  }

  /** The end of assignments, as a deed: the home of each that was an enrolment is told. */
  async #ending(assignments: readonly Assignment[], actor: string): Promise<Deed> {
    const { store, gateway, now } = this.#with;
    const enrolled = await enrolledAmong(store, assignments);
    return assignmentsEnded({ gateway, at: now(), actor }, assignments, enrolled);
  }

  async #record({ changes = [], events = [], audit = [] }: Partial<Deed>): Promise<void> {
    if (changes.length + events.length + audit.length === 0) return;
    await this.#with.store.record({ changes, events, audit });
  }

  #entry(actor: string, action: AuditAction, subject: NewAuditEntry["subject"]): NewAuditEntry {
    return { at: this.#with.now(), actor, action, subject };
  }
}

const heldPage = 500;

/** One without a slot is for the whole device. */
const overlaps = (standing: Assignment, userSlot: number | null): boolean =>
  standing.userSlot === null || userSlot === null || standing.userSlot === userSlot;

async function requireDevice(store: Pick<Store, "devices">, deviceId: string): Promise<void> {
  if ((await store.devices()).some(({ id }) => id === deviceId)) return;
  throw staffErrors.make("device-not-paired", "no such device is known here");
}
