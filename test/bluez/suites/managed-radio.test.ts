import { managedRadioContract } from "../../contracts/managed-radio.ts";
import { realStack } from "./real-stage.ts";

managedRadioContract(realStack);
