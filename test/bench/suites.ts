import { decode } from "./decode.ts";
import type { Suite } from "./figure.ts";

/** In the order in which they run. */
export const suites: readonly Suite[] = [decode];
