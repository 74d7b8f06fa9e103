import { playOn } from "./scenario.ts";
import { simulatedStage } from "./simulated-stage.ts";
import { strangerScenarios } from "./strangers.ts";

playOn(simulatedStage, strangerScenarios);
