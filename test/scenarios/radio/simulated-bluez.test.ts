import { collectingScenarios } from "./collecting.ts";
import { cycleScenarios } from "./cycles.ts";
import { pairingScenarios } from "./pairing.ts";
import { playOn } from "./scenario.ts";
import { simulatedStage } from "./simulated-stage.ts";

playOn(simulatedStage, collectingScenarios, pairingScenarios, cycleScenarios(100));
