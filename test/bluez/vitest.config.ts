import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** For the suites that run inside the guest. It has one processor and one Bluetooth stack: one file at a time. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["suites/**/*.test.ts"],
    testTimeout: 120_000,
    env: { CAREPOST_TEST_SOON_MS: "30000" },
    hookTimeout: 60_000,
    restoreMocks: true,
    fileParallelism: false,
    reporters: ["verbose", ["json", { outputFile: join("/out", "report.json") }]],
  },
});
