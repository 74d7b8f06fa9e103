import { receipt } from "../../../cloud-sync/contract/delivery.ts";
import type { BatchEnvelope, Receipt } from "../../../cloud-sync/contract/delivery.ts";
import type { Reading } from "../../../cloud-sync/contract/reading.ts";
import { gatewayTopics } from "../../../cloud-sync/contract/topics.ts";
import { connectionErrors } from "../../../cloud-sync/mqtt/connection-error.ts";
import type { Store } from "../../store/store.ts";
import { broken, doubtful, healthy, skipped } from "../doctor.ts";
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
    if (stored === undefined) return skipped("no reading has been delivered yet with which to ask it");
    const doctor = await connectAsDoctor(facts, signal).catch((error: unknown) => {
      if (connectionErrors.is(error)) return null;
      throw error;
    });
    if (doctor === null) return skipped("needs the broker");
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
  if (answer === null) {
    return broken(
      `the broker took a batch, and no receipt came in ${answerTimeoutMs / 1000} s`,
      "Start `carepost ingest` at this broker, and look at its log if it runs.",
    );
  }
  const [rejected] = answer.rejected;
  if (rejected !== undefined) {
    return doubtful(
      `it answers, but rejects what it took before (${rejected.code})`,
      "Run one version of Carepost at both ends.",
    );
  }
  if (answer.duplicate.length > 0) return healthy("it answers, and has what was delivered to it");
  return doubtful(
    "it answers, but did not have a reading that was delivered; it has it again now",
    "Find out whether the sink was replaced or restored from a backup, and send it what it lost.",
  );
}
