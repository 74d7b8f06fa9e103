import { doubtful, healthy } from "../doctor.ts";
import type { Check } from "../doctor.ts";
import type { Machine } from "./machine.ts";

/** Is the kernel one whose Bluetooth is known to fail? */
export const kernelCheck = ({ kernel }: Machine): Check => ({
  name: "kernel",
  run: () => {
    const [, series = ""] = /^(\d+\.\d+)/.exec(kernel) ?? [];
    if (series !== "6.1") return Promise.resolve(healthy(`Linux ${kernel}`));
    return Promise.resolve(
      doubtful(
        `Linux ${kernel}: the series 6.1 can fail when a Low Energy connection ends, and takes Bluetooth with it until the next boot`,
        "Use a newer kernel: on Debian 12, `apt-get install -t bookworm-backports linux-image-amd64`.",
      ),
    );
  },
});
