import { defineConfig } from "vitest/config";

/** The Debian package, in machines that systemd boots: one after the other, and as long as a boot takes. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["suites/*.test.ts"],
    globalSetup: ["debian-setup.ts"],
    testTimeout: 240_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    // A package's life: what one step leaves is what the next one finds.
    sequence: { concurrent: false, shuffle: false },
    bail: 1,
  },
});
