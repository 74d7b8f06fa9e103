/**
 * The comparison of what devices showed with what is held, by the octets of the frames: it shares no rule of identity,
 * decoding or attribution with the product.
 */
export interface BooksInput {
  readonly records: readonly DeviceRecord[];
  readonly sink: readonly Holding[];
  readonly store: readonly (Holding & { readonly state: string })[];
  readonly quarantine: readonly { readonly device: string; readonly frames: readonly string[] }[];
  /** Ids of the readings that the gateway has said are on disk. */
  readonly acknowledged: ReadonlySet<string>;
}

/** A record in a device's memory, as the simulators' journal has it. */
export interface DeviceRecord {
  /** The device's System ID. */
  readonly device: string;
  readonly record: number;
  readonly kind: "reading" | "control-solution" | "fault";
  /** Whose it is; null for a stranger's, and for what is nobody's. */
  readonly person: string | null;
  /** The measurement's frame. */
  readonly frame: string;
  /** Has the frame reached the gateway's side? */
  readonly shown: boolean;
  /** The context's frame, if that was shown. */
  readonly context: string | null;
}

/** A reading, as the gateway's store or the sink holds it. */
export interface Holding {
  readonly id: string;
  readonly device: string;
  readonly person: string | null;
  readonly frames: readonly string[];
}

export interface Books {
  readonly taken: number;
  readonly shown: number;
  /** Rows in the sink. */
  readonly stored: number;
  /** Shown, and not where it belongs: a person's reading or control solution in the sink, the rest at the gateway. */
  readonly lost: readonly string[];
  /** More than one row for one record, in the sink or in the store. */
  readonly doubled: readonly string[];
  /** In the sink under another person than the one whose it is, or under one where it is nobody's. */
  readonly misattributed: readonly string[];
  /** Rows for which no device has a record. */
  readonly invented: readonly string[];
  /** Acknowledged by the gateway, and not in its store. */
  readonly forgotten: readonly string[];
  /** Let go of by the gateway as delivered, and not in the sink. */
  readonly letGo: readonly string[];
  /** Contexts that were shown, of which the reading in the sink knows nothing. */
  readonly contextsLost: readonly string[];
  /** Records that nobody has a trace of, shown or not: the gateway has not asked for them. */
  readonly uncollected: readonly string[];
}

export function compareBooks(input: BooksInput): Books {
  const { records, sink, store, quarantine, acknowledged } = input;
  const inSink = byFrame(sink);
  const inStore = byFrame(store);
  const setAside = new Set(quarantine.flatMap(({ device, frames }) => frames.map((frame) => keyOf(device, frame))));
  const places = records.map((record) => {
    const key = keyOf(record.device, record.frame);
    return { record, sink: inSink.get(key) ?? [], store: inStore.get(key) ?? [], isSetAside: setAside.has(key) };
  });
  const known = new Set(records.map(({ device, frame }) => keyOf(device, frame)));
  const isInvented = ({ device, frames }: Holding): boolean => !frames.some((frame) => known.has(keyOf(device, frame)));
  const storeIds = new Set(store.map(({ id }) => id));
  const sinkIds = new Set(sink.map(({ id }) => id));
  return {
    taken: records.length,
    shown: records.filter(({ shown }) => shown).length,
    stored: sink.length,
    lost: places.filter((place) => place.record.shown && !isWhereItBelongs(place)).map(placeText),
    doubled: places.filter((place) => place.sink.length > 1 || place.store.length > 1).map(placeText),
    misattributed: places.filter(isMisattributed).map(placeText),
    invented: [...sink, ...store].filter(isInvented).map(({ id, device }) => `${device} ${id}`),
    forgotten: [...acknowledged].filter((id) => !storeIds.has(id)),
    letGo: store.filter(({ id, state }) => state === "delivered" && !sinkIds.has(id)).map(({ id }) => id),
    contextsLost: places.filter(lacksContext).map(placeText),
    uncollected: places.filter((place) => !isAnywhere(place)).map(placeText),
  };
}

interface Place {
  readonly record: DeviceRecord;
  readonly sink: readonly Holding[];
  readonly store: readonly (Holding & { readonly state: string })[];
  readonly isSetAside: boolean;
}

function isWhereItBelongs({ record, sink, store, isSetAside }: Place): boolean {
  if (record.kind === "fault") return isSetAside;
  const isStrangers = record.kind === "reading" && record.person === null;
  return isStrangers ? store.length > 0 : sink.length > 0;
}

const isAnywhere = ({ sink, store, isSetAside }: Place): boolean => sink.length > 0 || store.length > 0 || isSetAside;

function isMisattributed({ record, sink, store }: Place): boolean {
  const rows = [...sink, ...store];
  // What is nobody's stays at the gateway, but for control solution, which is of the meter itself.
  const isDelivered = record.kind === "reading" && record.person === null && sink.length > 0;
  return isDelivered || record.kind === "fault" ? rows.length > 0 : rows.some(({ person }) => person !== record.person);
}

const lacksContext = ({ record: { context }, sink }: Place): boolean =>
  context !== null && sink.length > 0 && !sink.some(({ frames }) => frames.includes(context));

function placeText({ record, sink, store, isSetAside }: Place): string {
  const { device, record: number, kind, frame } = record;
  const states = store.map(({ state, id }) => `${state} ${id}`).join(", ");
  const where = `sink ${sink.length}, store ${store.length === 0 ? 0 : states}${isSetAside ? ", set aside" : ""}`;
  return `${device} record ${number} (${kind}) ${frame}: ${where}`;
}

const keyOf = (device: string, frame: string): string => `${device} ${frame}`;

function byFrame<Row extends Holding>(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const index = new Map<string, Row[]>();
  for (const row of rows) {
    for (const frame of new Set(row.frames)) {
      const key = keyOf(row.device, frame);
      const same = index.get(key);
      if (same === undefined) index.set(key, [row]);
      else same.push(row);
    }
  }
  return index;
}
