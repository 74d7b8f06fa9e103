import { collectingScenarios } from "../../scenarios/radio/collecting.ts";
import { cycleScenarios } from "../../scenarios/radio/cycles.ts";
import { outageScenarios } from "../../scenarios/radio/outages.ts";
import { pairingScenarios } from "../../scenarios/radio/pairing.ts";
import { playOn } from "../../scenarios/radio/scenario.ts";
import { strangePeerScenarios } from "../../scenarios/radio/strange-peers.ts";
import { realStack } from "./real-stage.ts";

const cycles = Number(process.env["CAREPOST_CYCLES"] ?? "100");

playOn(realStack, collectingScenarios, pairingScenarios, outageScenarios, strangePeerScenarios, cycleScenarios(cycles));
