import { connectControl } from "../../control/control-client.ts";
import type { ControlResult } from "../../control/control-protocol.ts";
import { broken, doubtful, healthy, skipped } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";

const answerMsMax = 3_000;

/** How the gateway that runs over this store fares, by its own word: when did its radio last hear anything? */
export const gatewayCheck = (controlSocket: string): Check => ({
  name: "gateway",
  run: async () => {
    const gateway = await connectControl(controlSocket);
    if (gateway === null) return skipped("none runs over this store");
    const late = new Promise<null>((resolve) => {
      AbortSignal.timeout(answerMsMax).addEventListener("abort", () => resolve(null), { once: true });
    });
    try {
      const state = await Promise.race([gateway.state(), late]);
      if (state !== null) return judge(state);
      return broken(
        `it runs, and does not answer within ${answerMsMax / 1000} s`,
        "Look at its log; if it says nothing any more, start it anew: nothing is lost by that.",
      );
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
  const place = `${gateway} runs on ${radio === adapter ? radio : `${radio}, ${adapter}`}`;
  if (condition === "down") {
    return broken(
      `${place}, and cannot use it`,
      "Mend what the checks of the radio name; the gateway goes on by itself.",
    );
  }
  if (condition === "silent") {
    return doubtful(
      `${place}, and has heard nothing for ${spanText(silentMs)}, whatever it did about it`,
      "Wake a device up and bring it near. If it is still not heard, unplug the adapter and plug it in.",
    );
  }
  if (condition === "starting") return healthy(`${place}, and begins to listen`);
  return healthy(`${place}, and heard something ${spanText(silentMs)} ago`);
}

function spanText(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
