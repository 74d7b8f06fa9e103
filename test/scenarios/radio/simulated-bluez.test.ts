import { collectingScenarios } from "./collecting.ts";
import { cycleScenarios } from "./cycles.ts";
import { outageScenarios } from "./outages.ts";
import { pairingScenarios } from "./pairing.ts";
import { playOn } from "./scenario.ts";
import { simulatedStage } from "./simulated-stage.ts";
import { strangePeerScenarios } from "./strange-peers.ts";

playOn(
  simulatedStage,
  collectingScenarios,
  pairingScenarios,
  outageScenarios,
  strangePeerScenarios,
  cycleScenarios(100),
);
