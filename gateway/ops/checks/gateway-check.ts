import { connectControl } from "../../control/control-client.ts";
import type { ControlResult } from "../../control/control-protocol.ts";
import { broken, doubtful, healthy, say, skipped } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";

const answerMsMax = 3_000;

/** How the gateway that runs over this store fares, by its own word: when did its radio last hear anything? */
export const gatewayCheck = (controlSocket: string): Check => ({
  name: "gateway",
  run: async () => {
    const gateway = await connectControl(controlSocket);
    if (gateway === null) return skipped(say("no-gateway"));
    const late = new Promise<null>((resolve) => {
      AbortSignal.timeout(answerMsMax).addEventListener("abort", () => resolve(null), { once: true });
    });
    try {
      const state = await Promise.race([gateway.state(), late]);
      if (state !== null) return judge(state);
      return broken(say("gateway-mute", { seconds: answerMsMax / 1000 }));
    } finally {
      gateway.close();
    }
  },
});

type RadioWord = Pick<
  Extract<ControlResult, { readonly type: "state" }>,
  "gateway" | "radio" | "adapter" | "condition" | "silentMs"
>;

export function judge({ gateway, radio, adapter, condition, silentMs }: RadioWord): Finding {
  const place = { gateway, radio: radio === adapter ? radio : `${radio}, ${adapter}` };
  const span = spanText(silentMs);
  if (condition === "down") return broken(say("gateway-without-radio", place));
  if (condition === "silent") return doubtful(say("gateway-hears-nothing", { ...place, span }));
  if (condition === "starting") return healthy(say("gateway-starts", place));
  return healthy(say("gateway-hears", { ...place, span }));
}

function spanText(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
