import { randomUUID } from "node:crypto";
import type { z } from "zod";
import type { GatewayEvent } from "../../../cloud-sync/contract/control.ts";
import { gatewayErrors } from "../../gateway-error.ts";
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
import { kioskDevices, setKioskDevice } from "../kiosk-devices.ts";
import { stands } from "./device-views.ts";
import { enrolledAmong } from "./enrolments.ts";
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
    await this.#decideHeld(readings, actor, {
      change: (readingId) => ({ type: "attribute", decision: { readingId, person } }),
      action: "reading-attributed",
      subject: { person },
    });
  }

  async discardHeld({ readings }: z.infer<typeof discardHeld>, actor: string): Promise<void> {
    await this.#decideHeld(readings, actor, {
      change: (readingId) => ({ type: "discard", readingId }),
      action: "reading-discarded",
      subject: {},
    });
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
    await this.#record({
      changes: [
        {
          type: "assignment",
          assignment: { id, deviceId, userSlot, person, consent, fromAt: at, untilAt: null, source: "local" },
        },
      ],
      audit: [this.#entry(actor, "assignment-made", { assignment: id, device: deviceId, userSlot, person, consent })],
    });
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
    const { store, forget, now } = this.#with;
    const theirs = (await store.assignments()).filter((each) => each.deviceId === deviceId && stands(each, now()));
    const ended = await this.#ending(
      theirs.filter(({ source }) => source === "local"),
      actor,
    );
    const { wasKnown } = await forget(deviceId);
    if (!wasKnown) throw gatewayErrors.make("device-unknown", "no such device is known here");
    // What was assigned has gone with the device: only the events and the audit log have still to tell of it.
    await this.#record({
      events: ended.events,
      audit: [...ended.audit, this.#entry(actor, "device-forgotten", { device: deviceId })],
    });
  }

  async setKiosks({ deviceId, isKiosks }: z.infer<typeof setKiosks>, actor: string): Promise<void> {
    const { store, collector } = this.#with;
    if (isKiosks) await requireDevice(store, deviceId);
    if ((await kioskDevices(store)).has(deviceId) === isKiosks) return;
    await setKioskDevice(store, deviceId, isKiosks);
    await this.#record({
      changes: isKiosks ? [] : [{ type: "release-device", deviceId }],
      audit: [this.#entry(actor, "kiosk-device-set", { device: deviceId, isKiosks })],
    });
    collector.hurry();
  }

  /** Everything that this person agreed to here ends, and what is theirs and was not delivered is removed. */
  async withdrawConsent({ person }: z.infer<typeof withdrawConsent>, actor: string): Promise<void> {
    const { store, now } = this.#with;
    const at = now();
    const consents = (await store.consents({ person, limit: 1_000 })).filter(({ withdrawnAt }) => withdrawnAt === null);
    const theirs = (await store.assignments()).filter((each) => each.person === person && stands(each, at));
    if (consents.length === 0 && theirs.length === 0) {
      throw staffErrors.make("nothing-to-withdraw", "this person has agreed to nothing that still stands here");
    }
    const ended = await this.#ending(
      theirs.filter(({ source }) => source === "local"),
      actor,
    );
    const told = consents.map(({ id, version, sha256, language }) =>
      this.#event({ type: "consent", consent: id, person, change: "withdrawn", version, sha256, language, removed: 0 }),
    );
    const entries = consents.map(({ id }) => this.#entry(actor, "consent-withdrawn", { consent: id, person }));
    await this.#record({
      changes: [{ type: "withdraw", person, at }],
      events: [...told, ...ended.events],
      audit: [...entries, ...ended.audit],
    });
  }

  async #meet(reference: string): Promise<void> {
    const { store, now } = this.#with;
    const isKnown = (await store.people()).some((person) => person.reference === reference);
    if (!isKnown) await store.savePerson({ reference, createdAt: now() });
  }

  async #decideHeld(readings: readonly string[], actor: string, decision: HeldDecision): Promise<void> {
    const { change, action, subject } = decision;
    const held = await this.#heldAmong(readings);
    const changes = held.map(change);
    const audit = held.map((reading) => this.#entry(actor, action, { reading, ...subject }));
    const notHeld = held.length === 0 ? [] : (await this.#with.store.record({ changes, events: [], audit })).notHeld;
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
    const untilAt = this.#with.now();
    const enrolled = await enrolledAmong(this.#with.store, assignments);
    return {
      changes: assignments.map((assignment): Change => ({
        type: "assignment",
        assignment: { ...assignment, untilAt },
      })),
      events: enrolled.map((enrolment) => this.#event({ type: "enrolment-ended", enrolment, untilAt })),
      audit: assignments.map(({ id, deviceId, person }) =>
        this.#entry(actor, "assignment-ended", { assignment: id, device: deviceId, person }),
      ),
    };
  }

  async #record({ changes = [], events = [], audit = [] }: Partial<Deed>): Promise<void> {
    if (changes.length + events.length + audit.length === 0) return;
    await this.#with.store.record({ changes, events, audit });
  }

  #entry(actor: string, action: AuditAction, subject: NewAuditEntry["subject"]): NewAuditEntry {
    return { at: this.#with.now(), actor, action, subject };
  }

  #event(event: GatewayEvent["event"]): GatewayEvent {
    const { gateway, now } = this.#with;
    return { v: 1, id: randomUUID(), gateway, at: now(), event };
  }
}

interface HeldDecision {
  readonly change: (readingId: string) => Change;
  readonly action: AuditAction;
  readonly subject: NewAuditEntry["subject"];
}

const heldPage = 500;

/** One without a slot is for the whole device. */
const overlaps = (standing: Assignment, userSlot: number | null): boolean =>
  standing.userSlot === null || userSlot === null || standing.userSlot === userSlot;

async function requireDevice(store: Pick<Store, "devices">, deviceId: string): Promise<void> {
  if ((await store.devices()).some(({ id }) => id === deviceId)) return;
  throw staffErrors.make("device-not-paired", "no such device is known here");
}
