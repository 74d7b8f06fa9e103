import { strangerScenarios } from "../../scenarios/radio/strangers.ts";
import { playOn } from "../../scenarios/radio/scenario.ts";
import { realStack } from "./real-stage.ts";

playOn(realStack, strangerScenarios);
