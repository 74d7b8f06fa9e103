import type { FastifyInstance } from "fastify";
import { httpErrors } from "../../../cloud-sync/http/http-error.ts";
import type { HubReading, HubView } from "../contract/hub-view.ts";
import { addOperation, staffOf } from "./add-operation.ts";
import type { KioskAccess } from "./kiosk-access.ts";
import type { KioskViews } from "./kiosk-views.ts";
import type { LiveStreams } from "./live-streams.ts";
import { openApiDocument } from "./open-api.ts";
import { operations } from "./operations.ts";
import { actorOf } from "./staff-login.ts";

/** What a home hub shows. */
export interface HubSource {
  view(signIn: HubView["signIn"]): Promise<HubView>;
  /** Audited. */
  readings(actor: string): Promise<readonly HubReading[]>;
}

export interface OpenParts {
  readonly access: KioskAccess;
  readonly views: KioskViews;
  readonly live: LiveStreams;
  readonly hub: HubSource | null;
  readonly version: string;
}

/** What everybody may ask, and what a hub shows. */
export function addKioskRoutes(app: FastifyInstance, { access, views, live, hub, version }: OpenParts): void {
  const place = { app, access };
  const document = openApiDocument(version);

  addOperation(place, operations.session, (_body, { request }) => ({ csrfToken: access.csrfToken(request) }));
  addOperation(place, operations.kiosk, (_body, { request }) => views.kiosk(access.staffCookie.read(request)));
  addOperation(place, operations.openApi, () => document);

  addOperation(place, operations.live, (_body, { request, reply }) => {
    const viewer = { visit: access.visit(request)?.secret ?? null, staff: access.staffCookie.read(request) };
    live.open(viewer, request.ip, () => {
      reply.hijack();
      reply.raw.writeHead(200, { ...headersOf(reply.getHeaders()), "content-type": operations.live.type });
      return reply.raw;
    });
    return "";
  });

  const hubHere = (): HubSource => {
    if (hub === null) throw httpErrors.make("not-here", "this is no home hub");
    return hub;
  };
  addOperation(place, operations.hub, (_body, { request }) =>
    hubHere().view(access.staffState(access.staffCookie.read(request))),
  );
  addOperation(place, operations.hubReadings, (_body, { request }) =>
    hubHere().readings(actorOf(staffOf(access, request).user)),
  );
}

const headersOf = (
  headers: Readonly<Record<string, number | string | readonly string[] | undefined>>,
): Readonly<Record<string, number | string | string[]>> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === "object" ? [...value] : value]],
    ),
  );
