import type { FastifyInstance } from "fastify";
import { httpErrors } from "../../../cloud-sync/http/http-error.ts";
import type { StaffDesk } from "../staff-desk.ts";
import { addOperation, staffOf } from "./add-operation.ts";
import type { KioskAccess } from "./kiosk-access.ts";
import { kioskHttpErrors } from "./kiosk-http-error.ts";
import { type Operation, operations } from "./operations.ts";
import { actorOf } from "./staff-login.ts";

export interface StaffParts {
  readonly access: KioskAccess;
  readonly staff: StaffDesk;
  /** Aborted when the server stops. */
  readonly stopping: AbortSignal;
}

/** What staff ask. */
export function addStaffRoutes(app: FastifyInstance, { access, staff, stopping }: StaffParts): void {
  const place = { app, access };

  addOperation(place, operations.signIn, async ({ name, pin }, { request, reply }) => {
    if (access.login === null) throw kioskHttpErrors.make("staff-closed", "no PIN has been set");
    access.staffCookie.set(reply, await access.login.signIn(name, pin, request.ip));
    return {};
  });

  addOperation(place, operations.signOut, async (_body, { request, reply }) => {
    access.staffCookie.clear(reply);
    await access.login?.signOut(access.staffCookie.read(request) ?? "");
    return {};
  });

  addOperation(place, operations.staff, (_body, { request }) => staff.view(actorOf(staffOf(access, request).user)));

  const addDeed = <Body>(asked: Operation<Body, object>, act: (body: Body, actor: string) => Promise<void>): void => {
    addOperation(place, asked, async (body, { request }) => {
      await act(body, actorOf(staffOf(access, request).user));
      return {};
    });
  };
  addDeed(operations.assignHeld, (body, actor) => staff.assignHeld(body, actor));
  addDeed(operations.discardHeld, (body, actor) => staff.discardHeld(body, actor));
  addDeed(operations.saveAssignment, (body, actor) => staff.saveAssignment(body, actor));
  addDeed(operations.endAssignment, (body, actor) => staff.endAssignment(body, actor));
  addDeed(operations.forgetDevice, (body, actor) => staff.forgetDevice(body, actor));
  addDeed(operations.setKiosks, (body, actor) => staff.setKiosks(body, actor));
  addDeed(operations.withdrawConsent, (body, actor) => staff.withdrawConsent(body, actor));
  addDeed(operations.endVisitByStaff, (_body, actor) => staff.endVisit(actor));

  // A doctor looks at the whole machine: one at a time, and not longer than a person waits.
  let examining = false;
  addOperation(place, operations.doctor, async () => {
    if (examining) throw httpErrors.make("too-many-requests", "the machine is being checked already");
    examining = true;
    try {
      return await staff.doctor(AbortSignal.any([stopping, AbortSignal.timeout(doctorMsMax)]));
    } finally {
      examining = false;
    }
  });

  addOperation(place, operations.supportBundle, async (_body, { request, reply }) => {
    const { name, text } = await staff.supportBundle(actorOf(staffOf(access, request).user));
    void reply.header("content-disposition", `attachment; filename="${name.replaceAll(/[^A-Za-z0-9_.-]/g, "-")}"`);
    return text;
  });
}

const doctorMsMax = 60_000;
