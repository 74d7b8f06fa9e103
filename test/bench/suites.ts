import { decode } from "./decode.ts";
import { drain } from "./drain.ts";
import type { Suite } from "./figure.ts";
import { intake } from "./intake.ts";

/** In the order in which they run. */
export const suites: readonly Suite[] = [decode, intake, drain];
