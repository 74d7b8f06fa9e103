import { writeAudit } from "../care/write-audit.ts";
import type { ExportNote } from "../control/control-client.ts";
import { withGateway } from "./with-gateway.ts";
import { type StoreOptions, withStore } from "./with-store.ts";

/** Before anything is taken out of the store, the audit log says so: where it cannot, nothing is. */
export async function noteExport(options: StoreOptions, { action, subject }: ExportNote): Promise<void> {
  await withGateway(options, {
    gateway: (client) => client.noteExport({ action, subject }),
    own: () =>
      withStore(options, (store) => writeAudit(store, { at: Date.now(), actor: "command-line", action, subject })),
  });
}
