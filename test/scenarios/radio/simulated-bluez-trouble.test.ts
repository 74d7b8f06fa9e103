import { outageScenarios } from "./outages.ts";
import { playOn } from "./scenario.ts";
import { simulatedStage } from "./simulated-stage.ts";
import { strangePeerScenarios } from "./strange-peers.ts";
import { strangerScenarios } from "./strangers.ts";

playOn(simulatedStage, outageScenarios, strangePeerScenarios, strangerScenarios);
