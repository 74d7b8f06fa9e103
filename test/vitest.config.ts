import { BaseSequencer, type TestSpecification } from "vitest/node";
import { defineConfig } from "vitest/config";

/**
 * What takes the longest goes first, or it would be what all the others wait for in the end. Files of a process of
 * their own go before those that share one, so that none of these is started anew in between.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await BaseSequencer.prototype.sort.call(this, files);
    const rank = ({ moduleId, project }: TestSpecification): number => {
      if (project.name === "together") return long.length + 1;
      const place = long.findIndex((part) => moduleId.includes(`/test/${part}`));
      return place < 0 ? long.length : place;
    };
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}

/** Beginnings of the paths of files that take ten seconds and more on a machine of two cores. */
const long = [
  "scenarios/kill/kill",
  "scenarios/radio/",
  "scenarios/ingestors/",
  "scenarios/kiosk/",
  "gateway/kiosk/web/",
  "cloud-sync/ingest/nats/nats-cluster",
  "cloud-sync/ingest/sinks/postgres/",
  "gateway/store/sqlite-store",
  "cloud-sync/ingest/operator/page",
  "scenarios/",
  "cloud-sync/ingest/embedded-broker",
  "cloud-sync/ingest/start-ingest-tls",
  "simulators/fleet/main",
  "gateway/cli/",
  "cloud-sync/ingest/sinks/",
];

/**
 * Nothing here starts a process, a thread or a server: its files run one after the other in the same processes, which
 * read each module once and not once for each file.
 */
const together = [
  "device-drivers/**/*.test.ts",
  "simulators/{air,bluetooth,clock,people,peripherals,replay}/**/*.test.ts",
  "cloud-sync/{contract,fhir,uplink}/**/*.test.ts",
  "gateway/{capture,care,collect,config,pairing}/**/*.test.ts",
  "gateway/kiosk/{consent,ranges,staff,visit}/**/*.test.ts",
];

// They run in a guest with a Bluetooth stack of its own: `npm run test:bluez`; in a Debian with a systemd of its own:
// `npm run test:deb`; and for minutes: `npm run test:long`.
const elsewhere = ["**/node_modules/**", "bluez/suites/**", "deb/suites/**", "**/*.long.test.ts"];

const shared = {
  root: import.meta.dirname,
  // For what hangs: a machine with much else to do is no reason to fail.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  restoreMocks: true,
  // What is waited for comes when the machine has time for it.
  expect: { poll: { timeout: 30_000 } },
  // Most of a slow test is waiting: left to itself the runner would leave one of two cores idle.
  maxWorkers: 4,
};

export default defineConfig({
  test: {
    ...shared,
    globalSetup: ["machine-setup.ts"],
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...shared, name: "apart", include: ["**/*.test.ts"], exclude: [...elsewhere, ...together] } },
      { test: { ...shared, name: "together", include: together, exclude: elsewhere, isolate: false } },
    ],
  },
});
