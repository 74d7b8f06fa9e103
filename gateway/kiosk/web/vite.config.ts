import { resolve } from "node:path";
import { defineConfig } from "vite";

// Pages are built for people, whatever the environment says of the programs that it is for.
process.env["NODE_ENV"] = "production";

/** The pages for people, as static files that the gateway serves: three of them, which share what they have in common. */
export default defineConfig({
  root: import.meta.dirname,
  base: "/",
  publicDir: false,
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // Inlined files would need `data:` in the content-security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ["kiosk.html", "staff.html", "hub.html"].map((page) => resolve(import.meta.dirname, page)),
    },
  },
});
