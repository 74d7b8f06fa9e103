import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    // They run in a guest with a Bluetooth stack of its own: `npm run test:bluez`.
    exclude: ["**/node_modules/**", "bluez/suites/**"],
    globalSetup: ["machine-setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Most of a test that is slow is waiting: left to itself the runner would leave one of two cores idle.
    maxWorkers: 2,
    restoreMocks: true,
  },
});
