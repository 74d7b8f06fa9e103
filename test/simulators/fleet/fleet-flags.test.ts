import { expect, test } from "vitest";
import { FleetUsageError, readFleetFlags } from "../../../simulators/fleet/fleet-flags.ts";
import { postgresAccess } from "../../../simulators/fleet/open-checked-sink.ts";

const broker = ["--broker", "mqtt://127.0.0.1:1883"];

test("with a broker alone, a hundred gateways live half a day in a minute", () => {
  expect(readFleetFlags(broker)).toMatchObject({
    do: "run",
    flags: { gateways: 100, scenario: "steady", forMs: 60_000, speed: 720, seed: 1, sink: null, watched: [] },
  });
});

test("what is said is read", () => {
  const line =
    "--broker mqtts://b.example:8883 --gateways 20000 --scenario outage --outage operator --ca /ca --check-sink sink.db " +
    "--sink-secret key --watch-pid broker=12 --watch-pid ingestor=34 --keep-alive 15min --json";
  const args = line.split(" ");
  expect(readFleetFlags(args)).toMatchObject({
    flags: {
      gateways: 20_000,
      outageMs: "operator",
      authority: "/ca",
      sink: { place: "sink.db", secretPath: "key" },
      watched: [
        { name: "broker", pid: 12 },
        { name: "ingestor", pid: 34 },
      ],
      keepAliveS: 900,
      json: true,
    },
  });
  expect(readFleetFlags(["--plan", "1000000", "--json"])).toEqual({ do: "plan", gateways: 1_000_000, json: true });
  expect(readFleetFlags(["--help"])).toEqual({ do: "help" });
});

test.each([
  [[], "--broker is missing"],
  [["--broker", "http://x"], "is not mqtt://"],
  [[...broker, "--gateways", "0"], "from 1 to 20000"],
  [[...broker, "--gateways", "20001"], "from 1 to 20000"],
  [[...broker, "--gateways", "1e3"], "from 1 to 20000"],
  [[...broker, "--scenario", "flood"], "none of steady, daily, outage, storm"],
  [[...broker, "--for", "5"], "a number and a unit"],
  [[...broker, "--for", "2d"], "not from 1 ms to 86400 s"],
  [[...broker, "--speed", "0"], "above 0"],
  [[...broker, "--outage", "soon"], "a number and a unit"],
  [[...broker, "--protocol", "4"], "none of auto, 5, 3.1.1"],
  [[...broker, "--readings-max", "6000000"], "from 1 to 5000000"],
  [[...broker, "--watch-pid", "12"], "not NAME=PID"],
  [[...broker, ...Array.from({ length: 17 }, () => ["--watch-pid", "a=1"]).flat()], "16 times at most"],
  [[...broker, "--sink-secret", "key"], "without --check-sink"],
  [[...broker, "--ca", "/ca"], "over mqtts://"],
  [["--broker", "mqtts://b.example", "--ca", "/ca", "--identities", "/ids"], "not both"],
  [["--plan", "many"], "--plan many"],
  [[...broker, "--colour"], "--colour"],
])("%j is bad usage", (args, reason) => {
  expect(() => readFleetFlags(args)).toThrow(FleetUsageError);
  expect(() => readFleetFlags(args)).toThrow(reason);
});

test("a PostgreSQL is named by user, hosts and database, and never by a password", () => {
  expect(postgresAccess("postgres://carepost@127.0.0.1:5433,[::1]/care")).toBeNull();
  expect(postgresAccess("postgres://carepost@db1:5433,%2Frun%2Fpostgresql/care")).toEqual({
    user: "carepost",
    database: "care",
    servers: [
      { host: "db1", port: 5_433 },
      { host: "/run/postgresql", port: 5_432 },
    ],
  });
  for (const wrong of [
    "postgres://db1/care",
    "postgres://a:secret@db1/care",
    "postgres://a@db1",
    "postgres://a@db1:0/c",
  ]) {
    expect(postgresAccess(wrong)).toBeNull();
  }
});
