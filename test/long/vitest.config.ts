import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** What takes minutes: every screen in every look and size, every step at which somebody may leave, a disk that fills. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, ".."),
    include: ["**/*.long.test.ts"],
    globalSetup: ["machine-setup.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    // What is waited for comes when the machine has time for it.
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: 3,
  },
});
