import { collectingScenarios } from "./collecting.ts";
import { cycleScenarios } from "./cycles.ts";
import { pairingScenarios } from "./pairing.ts";
import { playOn } from "./scenario.ts";
import { virtualStage } from "./virtual-stage.ts";

playOn(virtualStage, collectingScenarios, pairingScenarios, cycleScenarios(100));
