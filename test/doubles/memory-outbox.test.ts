import { outboxContract } from "../contracts/outbox.ts";
import { readingText } from "./memory-ingestor.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";

outboxContract({
  name: "memory",
  make: async () => {
    const outbox = createMemoryOutbox();
    return {
      outbox,
      add: async (lane, number) => void outbox.add(lane, readingText(number)),
      textOf: (number) => readingText(number),
      close: async () => undefined,
    };
  },
});
