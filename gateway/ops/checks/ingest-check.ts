import { receipt } from "../../../cloud-sync/contract/delivery.ts";
import type { BatchEnvelope, Receipt } from "../../../cloud-sync/contract/delivery.ts";
import type { Reading } from "../../../cloud-sync/contract/reading.ts";
import { gatewayTopics } from "../../../cloud-sync/contract/topics.ts";
import { connectionErrors } from "../../../cloud-sync/mqtt/connection-error.ts";
import type { Store } from "../../store/store.ts";
import { broken, doubtful, healthy, say, skipped } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";
import { connectAsDoctor } from "./broker-check.ts";
import type { BrokerFacts, DoctorConnection } from "./broker-check.ts";

const answerTimeoutMs = 5000;

/**
 * Does the ingestor answer? It is asked about a reading that was delivered already, so nothing new comes of it: "I have
 * it" is the whole way there and back.
 */
export const ingestCheck = (facts: BrokerFacts, store: Pick<Store, "readings"> | null): Check => ({
  name: "ingestor",
  run: async (signal) => {
    const [stored] = (await store?.readings({ limit: 1, state: "delivered" })) ?? [];
    if (stored === undefined) return skipped(say("ingestor-nothing-to-ask"));
    const doctor = await connectAsDoctor(facts, signal).catch((error: unknown) => {
      if (connectionErrors.is(error)) return null;
      throw error;
    });
    if (doctor === null) return skipped(say("needs-broker"));
    try {
      return judge(await ask(doctor, stored.reading));
    } finally {
      await doctor.connection.close();
    }
  },
});

async function ask({ id, connection }: DoctorConnection, reading: Reading): Promise<Receipt | null> {
  const topics = gatewayTopics(id);
  const answer = new Promise<Receipt | null>((resolve) => {
    connection.onMessage(({ payload }) => {
      const parsed = receipt.safeParse(JSON.parse(new TextDecoder().decode(payload)));
      if (parsed.success) resolve(parsed.data);
    });
    AbortSignal.timeout(answerTimeoutMs).addEventListener("abort", () => resolve(null));
  });
  await connection.subscribe(topics.receipts, 1);
  const envelope: BatchEnvelope = { v: 1, batch: "doctor-1", gateway: id, readings: [reading] };
  const payload = new TextEncoder().encode(JSON.stringify(envelope));
  await connection.publish({ topic: topics.readings, payload, qos: 1, retain: false });
  return await answer;
}

export function judge(answer: Receipt | null): Finding {
  if (answer === null) return broken(say("ingestor-mute", { seconds: answerTimeoutMs / 1000 }));
  const [rejected] = answer.rejected;
  if (rejected !== undefined) return doubtful(say("ingestor-rejects", { code: rejected.code }));
  return answer.duplicate.length > 0 ? healthy(say("ingestor-has-it")) : doubtful(say("ingestor-forgot"));
}
