import { execFileSync } from "node:child_process";
import { join } from "node:path";

/**
 * Has everything that the tests start read compiled modules, as the program itself does, and fills the cache with the
 * modules of the database threads.
 *
 * Without it every worker thread strips the types of its modules anew, with WebAssembly, and V8 13.6 sometimes ends a
 * process in which many short-lived threads do that (`Check failed: jit_page.has_value()` in
 * `ThreadIsolation::UnregisterWasmAllocation`, under `Runtime_TierUpWasmToJSWrapper`; see nodejs/node#64500). A suite
 * that opens seventy stores in one process met that in one of forty runs.
 */
export function fillCompileCache(): void {
  const root = join(import.meta.dirname, "../..");
  process.env["NODE_COMPILE_CACHE"] ??= join(root, "node_modules", ".cache", "compiled");
  execFileSync(process.execPath, [join(import.meta.dirname, "database-threads.ts")], { stdio: "inherit" });
}
