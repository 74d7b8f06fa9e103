import type { FastifyInstance, FastifyReply } from "fastify";
import { httpErrors } from "../../../cloud-sync/http/http-error.ts";
import type { VisitView } from "../contract/visit-view.ts";
import type { Visit, VisitDesk } from "../visit-desk.ts";
import { addOperation, visitOf } from "./add-operation.ts";
import type { KioskAccess } from "./kiosk-access.ts";
import { kioskHttpErrors } from "./kiosk-http-error.ts";
import { type Operation, operations } from "./operations.ts";

export interface VisitParts {
  readonly access: KioskAccess;
  readonly visits: VisitDesk | null;
  /** Nobody begins a visit before staff have signed in on that screen. */
  readonly needsStaff: boolean;
}

/** What the customers' screens ask. */
export function addVisitRoutes(app: FastifyInstance, parts: VisitParts): void {
  const { access, visits } = parts;
  const place = { app, access };

  addOperation(place, operations.visit, (_body, { request }) => access.visit(request)?.view() ?? null);

  addOperation(place, operations.beginVisit, async (body, { request, reply }) => {
    if (visits === null) throw httpErrors.make("not-here", "nobody is led through a visit here");
    if (parts.needsStaff && access.staff(request) === null) {
      throw kioskHttpErrors.make(
        access.login === null ? "staff-closed" : "staff-needed",
        "nobody has signed in on this screen",
      );
    }
    const visit = await visits.begin(body);
    // From here on the screen is the customer's: the staff view must not be one tap away.
    const secret = access.staffCookie.read(request);
    if (secret !== null && access.staff(request) !== null) {
      access.staffCookie.clear(reply);
      await access.login?.signOut(secret);
    }
    access.visitCookie.set(reply, visit.secret);
    return visit.view();
  });

  const addStep = <Body>(asked: Operation<Body, VisitView>, go: (visit: Visit, body: Body) => unknown): void => {
    addOperation(place, asked, async (body, { request, reply }) => {
      const visit = visitOf(access, request);
      await go(visit, body);
      return shown(visit, reply);
    });
  };
  const shown = (visit: Visit, reply: FastifyReply): VisitView => {
    const view = visit.view();
    if (view.ended !== null) access.visitCookie.clear(reply);
    return view;
  };

  addStep(operations.endVisit, (visit) => visit.end("cancelled"));
  addStep(operations.touchVisit, (visit) => visit.touch());
  addStep(operations.chooseLanguage, (visit, { language }) => visit.setLanguage(language));
  addStep(operations.decideConsent, (visit, body) => visit.decideConsent(body));
  addStep(operations.chooseKind, (visit, { kind }) => visit.chooseKind(kind));
  addStep(operations.openPairing, (visit) => visit.openPairing());
  addStep(operations.choosePairing, (visit, { device }) => visit.choosePairing(device));
  addStep(operations.answerPairing, (visit, body) => visit.answerPairing(body));
  addStep(operations.closePairing, (visit) => visit.closePairing());
  addStep(operations.measure, (visit, { device }) => visit.measure(device));
  addStep(operations.enrol, (visit, body) => visit.enrol(body));
  addStep(operations.goTo, (visit, body) => visit.goTo(body));
}
