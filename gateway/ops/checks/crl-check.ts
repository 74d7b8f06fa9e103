import { openCrlFile } from "../../../cloud-sync/ingest/crl-file.ts";
import type { TlsMaterial } from "../../../cloud-sync/mqtt/connection.ts";
import { systemClock } from "../../system-clock.ts";
import { inEnglish } from "../doctor.ts";
import type { Check } from "../doctor.ts";

/** Can the revocation list be read and believed, and is it the latest? */
export const crlCheck = (path: string, material: () => TlsMaterial): Check => ({
  name: "revocation list",
  run: async () => {
    const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };
    const file = await openCrlFile({ path, authorities: () => material().ca }, { clock: systemClock, log: quiet });
    const isStale = file.fault() === "crl-stale";
    file.close();
    if (!isStale) return inEnglish("ok", "signed by a known authority, and not overdue");
    return inEnglish(
      "warn",
      "its successor is overdue; it stays in force",
      "Issue a new list, also when nothing was revoked.",
    );
  },
});
