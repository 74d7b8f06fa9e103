import { collectingScenarios } from "../../scenarios/radio/collecting.ts";
import { pairingScenarios } from "../../scenarios/radio/pairing.ts";
import { playOn } from "../../scenarios/radio/scenario.ts";
import { realStack } from "./real-stage.ts";

playOn(realStack, collectingScenarios, pairingScenarios);
