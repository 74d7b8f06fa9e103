import { collectingScenarios } from "./collecting.ts";
import { cycleScenarios } from "./cycles.ts";
import { outageScenarios } from "./outages.ts";
import { pairingScenarios } from "./pairing.ts";
import { playOn } from "./scenario.ts";
import { virtualStage } from "./virtual-stage.ts";
import { strangePeerScenarios } from "./strange-peers.ts";

playOn(virtualStage, collectingScenarios, pairingScenarios, outageScenarios, strangePeerScenarios, cycleScenarios(100));
