import type { FastifyInstance } from "fastify";
import { pageApp, type PageLimits } from "../../../cloud-sync/http/page-app.ts";
import type { PageTls } from "../../../cloud-sync/http/page-certificate.ts";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { Log } from "../../../device-drivers/ports/log.ts";
import type { StaffDesk } from "../staff-desk.ts";
import type { VisitDesk } from "../visit-desk.ts";
import { kioskAccess } from "./kiosk-access.ts";
import { kioskHttpErrors, kioskStatuses } from "./kiosk-http-error.ts";
import type { KioskFile } from "./kiosk-pages.ts";
import { addKioskRoutes, type HubSource } from "./kiosk-routes.ts";
import { kioskViews, type OpenView } from "./kiosk-views.ts";
import { type LiveLimits, liveLimits, liveStreams } from "./live-streams.ts";
import type { StaffLogin } from "./staff-login.ts";
import { addStaffRoutes } from "./staff-routes.ts";
import { addVisitRoutes } from "./visit-routes.ts";

export interface KioskParts {
  readonly kiosk: () => OpenView;
  /** Null at a hub, which leads nobody through a visit. */
  readonly visits: VisitDesk | null;
  readonly staff: StaffDesk;
  /** Null at a kiosk. */
  readonly hub: HubSource | null;
  /** Null while no PIN has been set: then the staff view is closed. */
  readonly login: StaffLogin | null;
  readonly files: ReadonlyMap<string, KioskFile>;
  /** Names and addresses that the page is reached by, without ports. */
  readonly names: readonly string[];
  /** It listens on every address, and is reached by whichever a request came in at. */
  readonly isEverywhere?: boolean;
  readonly tls: PageTls | null;
  /** It is open to a network: nobody begins a visit before staff have signed in on that screen. */
  readonly needsStaff: boolean;
  /** Calls back when what staff see may be another. Returns what ends it. */
  readonly onStaffChange: (listener: () => void) => () => void;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface KioskLimits extends PageLimits {
  readonly live: LiveLimits;
}

export const kioskLimits: KioskLimits = {
  bodyBytesMax: 16_384,
  requestTimeoutMs: 5_000,
  connectionsMax: 256,
  // Ten taps a second: more than a finger, also in a browser that follows each with a question.
  requestsPerMinuteMax: 1_200,
  live: liveLimits,
};

/**
 * The server of the kiosk's pages, not listening yet: tests inject requests into it. Once it is ready it tells whoever
 * listens, until it is closed.
 */
export async function kioskServer(parts: KioskParts, limits: KioskLimits = kioskLimits): Promise<FastifyInstance> {
  const access = kioskAccess({ ...parts, isTls: parts.tls !== null });
  const views = kioskViews({ ...parts, access });
  const live = liveStreams(views, parts.clock, limits.live);
  const stopping = new AbortController();
  const app = await pageApp(
    {
      ...parts,
      name: "kiosk",
      guards: access,
      statuses: kioskStatuses,
      failed: () => kioskHttpErrors.make("kiosk-failed", "the server of the kiosk failed"),
    },
    limits,
  );
  addPages(app, parts.files);
  const shared = { ...parts, access, views, live, stopping: stopping.signal };
  addKioskRoutes(app, shared);
  addVisitRoutes(app, shared);
  addStaffRoutes(app, shared);

  const ends = [
    parts.visits?.onChange(() => {
      live.changed();
      live.staffChanged();
    }),
    parts.onStaffChange(() => live.staffChanged()),
  ];
  const beating = live.run(stopping.signal);
  app.addHook("preClose", async () => {
    for (const end of ends) end?.();
    stopping.abort();
    await beating;
  });
  return app;
}

/** The pages themselves tell nothing of anybody, so whoever reaches them may load them. */
function addPages(app: FastifyInstance, files: ReadonlyMap<string, KioskFile>): void {
  for (const [path, { type, body, packed }] of files) {
    app.get(path, ({ headers }, reply) => {
      void reply.type(type).header("vary", "accept-encoding");
      const isPacked = packed !== null && acceptsGzip(headers["accept-encoding"]);
      return isPacked ? reply.header("content-encoding", "gzip").send(packed) : reply.send(body);
    });
  }
}

/** RFC 9110 12.5.3; what asks for nothing gets it plain. */
const acceptsGzip = (accepted: string | string[] | undefined): boolean =>
  String(accepted ?? "")
    .split(",")
    .some((coding) => /^\s*gzip\s*(?:;\s*q=(?:1|0\.\d*[1-9]).*)?$/.test(coding));
