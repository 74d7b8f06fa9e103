import { doubtful, healthy, say } from "../doctor.ts";
import type { Check } from "../doctor.ts";
import type { Machine } from "./machine.ts";

/** Is the kernel one whose Bluetooth is known to fail? */
export const kernelCheck = ({ kernel }: Machine): Check => ({
  name: "kernel",
  run: () => {
    const [, series = ""] = /^(\d+\.\d+)/.exec(kernel) ?? [];
    if (series !== "6.1") return Promise.resolve(healthy(say("kernel-fit", { version: kernel })));
    return Promise.resolve(doubtful(say("kernel-faulty", { version: kernel })));
  },
});
