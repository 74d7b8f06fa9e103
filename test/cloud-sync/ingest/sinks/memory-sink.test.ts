import { createVirtualClock } from "../../../../simulators/clock/virtual-clock.ts";
import { sinkContract } from "../../../contracts/sink.ts";
import { createMemorySink } from "../../../doubles/memory-sink.ts";

/** The tests' own sink keeps the promises too: what is proved with it holds for the others. */
sinkContract({
  name: "memory",
  make: async () => {
    const deadLettersPerGatewayMax = 5;
    const sink = createMemorySink({ clock: createVirtualClock(0), deadLettersPerGatewayMax });
    return { sink, reopen: null, deadLettersPerGatewayMax };
  },
});
