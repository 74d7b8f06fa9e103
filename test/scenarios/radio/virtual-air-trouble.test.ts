import { outageScenarios } from "./outages.ts";
import { playOn } from "./scenario.ts";
import { strangePeerScenarios } from "./strange-peers.ts";
import { virtualStage } from "./virtual-stage.ts";

playOn(virtualStage, outageScenarios, strangePeerScenarios);
