import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../doubles/free-port.ts";
import { mosquittoPath, runMosquitto } from "../doubles/mosquitto.ts";
import { startPostgres } from "../doubles/postgres-cluster.ts";
import { startIngestors } from "./ingestors.ts";
import type { Raised, Shape } from "./shape.ts";

const ingestorNames = ["one", "two", "three", "four"];
const awayMs = 2_000;
const carepost = join(import.meta.dirname, "../../gateway/cli/carepost.mjs");

/**
 * One broker, one database, four ingestors, a thousand gateways, over mutual TLS: the authority, the certificates and
 * the broker's rules are made by the commands that an operator gives.
 */
export const mosquittoShape: Shape = {
  name: "mosquitto",
  about: "mosquitto, PostgreSQL, four ingestors and their gateways, over mutual TLS",
  gateways: 1_000,
  forS: 60,
  raise: async (folder) => {
    if (mosquittoPath === null) throw new RangeError("mosquitto is missing; as root: apt-get install mosquitto");
    const authority = makeAuthority(folder);
    const port = await freePort();
    const configuration = configureBroker(authority, folder, port);
    const database = await startPostgres({ parent: folder });
    let broker = await runMosquitto(mosquittoPath, configuration, port);
    const removal = async (): Promise<void> => {
      await broker.stop();
      await database.remove();
    };
    try {
      database.sql("CREATE DATABASE carepost");
      const ingestors = await startIngestors({
        folder,
        names: ingestorNames,
        awayMs,
        sectionsOf: (name) => ({
          ingest: {
            role: "ingestor",
            brokerUrl: `mqtts://localhost:${port}`,
            caFile: authority.ca,
            certFile: join(folder, `${name}.crt`),
            certKeyFile: join(folder, `${name}.key`),
            sink: "postgres",
          },
          postgres: { hosts: `127.0.0.1:${database.port}`, database: "carepost", user: "postgres", tls: "off" },
        }),
      });
      const restartDatabase = async (): Promise<void> => {
        await database.kill();
        await sleep(awayMs);
        await database.start();
      };
      const restartBroker = async (): Promise<void> => {
        await broker.stop();
        await sleep(awayMs);
        broker = await runMosquitto(mosquittoPath ?? "", configuration, port);
      };
      return {
        fleetOptions: [
          `--broker=mqtts://localhost:${port}`,
          `--ca=${authority.folder}`,
          `--check-sink=postgres://postgres@127.0.0.1:${database.port}/carepost`,
        ],
        strikes: [
          ...ingestors.strikes.slice(0, 1),
          { name: "database killed and restarted", strike: restartDatabase },
          { name: "broker killed and restarted", strike: restartBroker },
        ],
        sql: (text) => database.sql(text, "carepost"),
        remove: async () => {
          await ingestors.stop();
          await removal();
        },
      } satisfies Raised;
    } catch (error) {
      await removal();
      throw error;
    }
  },
};

interface AuthorityFiles {
  readonly folder: string;
  readonly ca: string;
  readonly crl: string;
}

function makeAuthority(folder: string): AuthorityFiles {
  const place = join(folder, "ca");
  const into = (name: string): string[] => [
    "--cert",
    join(folder, `${name}.crt`),
    "--key",
    join(folder, `${name}.key`),
  ];
  run(["ca", "init", "--dir", place]);
  run(["ca", "issue", "server", "--dir", place, "--dns", "localhost", "--ip", "127.0.0.1", ...into("broker")]);
  for (const name of ingestorNames) run(["ca", "issue", "ingestor", name, "--dir", place, ...into(name)]);
  return { folder: place, ca: join(place, "ca.crt"), crl: join(place, "crl.pem") };
}

/** Debian's mosquitto, if it is started as root, becomes a user who cannot read these files. */
function configureBroker({ ca, crl }: AuthorityFiles, folder: string, port: number): string {
  const place = join(folder, "mosquitto");
  mkdirSync(place);
  const files = ["--ca", ca, "--crl", crl, "--cert", join(folder, "broker.crt"), "--key", join(folder, "broker.key")];
  const address = ["--host", "127.0.0.1", "--port", String(port)];
  run(["broker-config", "mosquitto", "--dir", place, ...files, ...address, "--ingestor", ...ingestorNames]);
  const configuration = join(place, "mosquitto.conf");
  if (process.getuid?.() === 0) appendFileSync(configuration, "user root\n");
  return configuration;
}

const run = (parameters: readonly string[]): string =>
  execFileSync(process.execPath, [carepost, ...parameters], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
