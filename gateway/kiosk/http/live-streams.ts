import type { ServerResponse } from "node:http";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { LiveEvent } from "../contract/live.ts";
import { kioskHttpErrors } from "./kiosk-http-error.ts";
import type { KioskViews } from "./kiosk-views.ts";

/** The screens that listen to what happens (server-sent events, WHATWG HTML 9.2). */
export interface LiveStreams {
  /** Throws `live-streams-taken` before it begins to answer. */
  open(viewer: Viewer, address: string, begin: () => ServerResponse): void;
  /** The kiosk, or a visit, is to be shown anew. */
  changed(): void;
  /** What staff see may be another. */
  staffChanged(): void;
  /** Shows that it lives, and looks for sessions that have ended, until the signal is aborted; then ends all streams. */
  run(signal: AbortSignal): Promise<void>;
  count(): number;
}

/** What the browser brought when it began to listen. */
export interface Viewer {
  readonly visit: string | null;
  readonly staff: string | null;
}

export interface LiveLimits {
  readonly streamsMax: number;
  readonly streamsPerAddressMax: number;
  readonly heartbeatMs: number;
  /** What staff see is looked up in the store, so they are told of a change no more often than this. */
  readonly staffPauseMs: number;
}

export const liveLimits: LiveLimits = {
  streamsMax: 64,
  streamsPerAddressMax: 32,
  heartbeatMs: 15_000,
  staffPauseMs: 500,
};

export function liveStreams(views: KioskViews, clock: Clock, limits: LiveLimits = liveLimits): LiveStreams {
  const streams = new Set<Stream>();
  let isDue = false;
  let staffSince: "told" | "waiting" = "told";
  const stopping = new AbortController();

  const showAll = (): void => {
    isDue = false;
    for (const stream of streams) show(stream, views);
  };
  const tellStaff = (): void => {
    staffSince = "told";
    for (const stream of streams) {
      if (views.isStaff(stream.staff)) offer(stream, { event: "staff", data: null });
    }
  };

  return {
    open(viewer, address, begin) {
      const ofAddress = [...streams].filter((stream) => stream.address === address).length;
      if (streams.size >= limits.streamsMax || ofAddress >= limits.streamsPerAddressMax || stopping.signal.aborted) {
        throw kioskHttpErrors.make("live-streams-taken", "as many screens listen as may");
      }
      const response = begin();
      const stream: Stream = { ...viewer, address, response, waiting: new Map(), shown: new Map(), isStuck: false };
      streams.add(stream);
      response.once("close", () => streams.delete(stream));
      response.on("drain", () => flush(stream));
      response.write(`retry: ${retryMs}\n\n`);
      if (viewer.visit === null) offer(stream, { event: "visit", data: null });
      show(stream, views);
      if (views.isStaff(stream.staff)) offer(stream, { event: "staff", data: null });
    },
    changed() {
      if (isDue) return;
      isDue = true;
      // What changes in one go is shown in one go.
      setImmediate(showAll);
    },
    staffChanged() {
      if (staffSince === "waiting") return;
      staffSince = "waiting";
      clock.sleep(limits.staffPauseMs, stopping.signal).then(tellStaff, () => undefined);
    },
    async run(signal) {
      while (!signal.aborted) {
        await clock.sleep(limits.heartbeatMs, signal).catch(() => undefined);
        if (signal.aborted) break;
        for (const stream of streams) beat(stream);
        showAll();
      }
      stopping.abort();
      for (const { response } of streams) response.end();
      streams.clear();
    },
    count: () => streams.size,
  };
}

const retryMs = 1_000;

interface Stream {
  readonly address: string;
  readonly response: ServerResponse;
  /** Dropped when that visit is over, so that nothing of a later one can come here. */
  visit: string | null;
  readonly staff: string | null;
  /** Events that the connection has no room for, the newest of each: nothing queues up. */
  readonly waiting: Map<LiveEvent["event"], string>;
  /** What was sent last, so that the same is not sent twice. */
  readonly shown: Map<LiveEvent["event"], string>;
  /** It had no room at the last heartbeat either. */
  isStuck: boolean;
}

function show(stream: Stream, views: KioskViews): void {
  offer(stream, { event: "kiosk", data: views.kiosk(stream.staff) });
  if (stream.visit === null) return;
  const data = views.visit(stream.visit);
  if (data === null) stream.visit = null;
  offer(stream, { event: "visit", data });
}

function offer(stream: Stream, { event, data }: LiveEvent): void {
  const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  if (event !== "staff" && stream.shown.get(event) === text) {
    stream.waiting.delete(event);
    return;
  }
  stream.waiting.set(event, text);
  flush(stream);
}

function flush({ response, waiting, shown }: Stream): void {
  for (const [event, text] of waiting) {
    if (response.writableNeedDrain || response.writableEnded) return;
    waiting.delete(event);
    shown.set(event, text);
    response.write(text);
  }
}

/** A comment line keeps what is between us awake, and shows a connection that nobody reads any more. */
function beat(stream: Stream): void {
  if (!stream.response.writableNeedDrain) {
    stream.isStuck = false;
    stream.response.write(":\n\n");
    return;
  }
  if (stream.isStuck) stream.response.destroy();
  stream.isStuck = true;
}
