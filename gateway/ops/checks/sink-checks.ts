import type { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import {
  type PostgresFacts,
  type PrimaryFacts,
  straysMax,
  takesWrites,
} from "../../../cloud-sync/ingest/sinks/postgres/postgres-facts.ts";
import { stateText } from "../../../cloud-sync/ingest/sinks/postgres/choose-server.ts";
import type { SinkReader } from "../../../cloud-sync/ingest/sink.ts";
import { inEnglish } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";

/** The checks of a sink in SQLite: it opens, and what waits in it. */
export const sqliteSinkChecks = (open: () => Promise<SinkReader>): readonly Check[] => [
  {
    name: "sink",
    run: async () => {
      const sink = await open();
      try {
        const { readings, deadLetters } = await sink.counts();
        return deadLetters === 0
          ? inEnglish("ok", `${readings} readings`)
          : lettersWait(deadLetters, `${readings} readings`);
      } finally {
        await sink.close();
      }
    },
  },
];

/** The checks of a sink in PostgreSQL. The database is asked once, by the first of them. */
export function postgresSinkChecks(ask: () => Promise<PostgresFacts>): readonly Check[] {
  let asked: Promise<PostgresFacts> | null = null;
  const facts = (): Promise<PostgresFacts> => (asked ??= ask());
  const ofPrimary = (name: string, judge: (primary: PrimaryFacts, several: boolean) => Finding): Check => ({
    name,
    run: async () => {
      const { primary, servers } = await facts();
      return primary === null
        ? inEnglish("skipped", "needs a server that takes writes")
        : judge(primary, servers.length > 1);
    },
  });
  return [
    { name: "servers", run: async () => judgeServers(await facts()) },
    ofPrimary("transport", judgeTransport),
    ofPrimary("clock", judgeClock),
    ofPrimary("durability", judgeDurability),
    ofPrimary("schema", judgeSchema),
    ofPrimary("dead letters", ({ schema }) => {
      if (schema === null) return inEnglish("skipped", "needs the schema");
      return schema.deadLetters === 0
        ? inEnglish("ok", "none")
        : lettersWait(schema.deadLetters, "the sink takes readings");
    }),
  ];
}

export function judgeServers({ servers }: PostgresFacts): Finding {
  const said = servers.map((state) => `${state.server.host}:${state.server.port} is ${stateText(state)}`).join("; ");
  const primaries = servers.filter(takesWrites);
  const fault = servers.find((state) => state.fault !== null)?.fault ?? null;
  if (primaries.length === 0) return inEnglish("fail", said, remedyWithout(fault));
  if (primaries.length > 1 && primaries.some(({ timeline }) => timeline !== null)) {
    return inEnglish(
      "fail",
      said,
      "Two servers take writes: shut down the one on the earlier timeline, and make it a standby.",
    );
  }
  return fault === null ? inEnglish("ok", said) : inEnglish("warn", said, fault.remedy);
}

const remedyWithout = (fault: CarepostError | null): string =>
  fault?.remedy ?? "Promote one of the servers, or lift its default_transaction_read_only.";

export function judgeTransport({ encrypted, version }: PrimaryFacts): Finding {
  const [engine = version] = version.split(/ \(| on /);
  if (encrypted === null) return inEnglish("ok", `${engine}; it does not tell whether the connection is encrypted`);
  return inEnglish("ok", encrypted ? `${engine}, encrypted` : `${engine}, in plain, on this machine`);
}

const clockAheadMsMax = 5_000;

export function judgeClock({ clockAheadMs }: PrimaryFacts): Finding {
  const seconds = Math.abs(clockAheadMs / 1000).toFixed(1);
  const finding = `the server's clock is ${seconds} s ${clockAheadMs < 0 ? "behind" : "ahead of"} this machine's`;
  if (Math.abs(clockAheadMs) <= clockAheadMsMax) return inEnglish("ok", finding);
  return inEnglish("warn", finding, "Synchronise both clocks: partitions and the feed follow the server's.");
}

export function judgeDurability({ settings }: PrimaryFacts, several: boolean): Finding {
  const isOff = (name: string): boolean => settings.get(name) === "off";
  if (isOff("fsync") || isOff("full_page_writes")) {
    return inEnglish(
      "fail",
      "the server does not wait for its disk",
      "Set fsync = on and full_page_writes = on on every server.",
    );
  }
  const standbys = settings.get("synchronous_standby_names") ?? "";
  if (!several || !settings.has("synchronous_standby_names")) return inEnglish("ok", "a commit waits for the disk");
  if (standbys !== "") return inEnglish("ok", `a commit waits for the disk and for ${standbys}`);
  return inEnglish(
    "warn",
    "a commit waits for one server only",
    "Set synchronous_standby_names = 'ANY 1 (…)': else a standby that is promoted may lack what was acknowledged.",
  );
}

export function judgeSchema({ schema }: PrimaryFacts): Finding {
  if (schema === null)
    return inEnglish("warn", "not there yet", "Start `carepost ingest` once: it makes the schema carepost.");
  const { missingPartitions, strays } = schema;
  if (missingPartitions > 0) {
    return inEnglish(
      "warn",
      `${missingPartitions} months have no partition`,
      "Let the user of the ingestor own carepost.readings, or start an ingestor once as a user who does.",
    );
  }
  const many = strays >= straysMax ? `${straysMax} or more` : String(strays);
  if (strays === 0) return inEnglish("ok", "every month has its partition");
  return inEnglish(
    "warn",
    `${many} readings lie outside of the months that are kept`,
    "Look at their measured times in carepost.readings_other: a device's or a gateway's clock is wrong.",
  );
}

const lettersWait = (deadLetters: number, finding: string): Finding =>
  inEnglish(
    "warn",
    `${finding}, and ${deadLetters} dead letters wait`,
    "Look at `carepost ingest dead-letters list`, mend the cause, then replay them.",
  );
