import { BaseSequencer, type TestSpecification } from "vitest/node";
import { defineConfig } from "vitest/config";

/** Scenarios take longest though their files are short: what begins last should not be what ends last. */
class ScenariosFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await BaseSequencer.prototype.sort.call(this, files);
    const isScenario = ({ moduleId }: TestSpecification): boolean => moduleId.includes("/test/scenarios/");
    return [...sorted.filter(isScenario), ...sorted.filter((file) => !isScenario(file))];
  }
}

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    // They run in a guest with a Bluetooth stack of its own: `npm run test:bluez`; in a Debian with a systemd of its own:
    // `npm run test:deb`; and for minutes: `npm run test:long`.
    exclude: ["**/node_modules/**", "bluez/suites/**", "deb/suites/**", "**/*.long.test.ts"],
    globalSetup: ["machine-setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    restoreMocks: true,
    // What is waited for comes when the machine has time for it.
    expect: { poll: { timeout: 20_000 } },
    sequence: { sequencer: ScenariosFirst },
    // Most of a slow test is waiting: left to itself the runner would leave one of two cores idle.
    maxWorkers: 3,
  },
});
