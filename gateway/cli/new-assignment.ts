import { randomUUID } from "node:crypto";
import type { Assignment } from "../store/store.ts";

export const newAssignment = (assignment: Omit<Assignment, "id">): Assignment => ({ id: randomUUID(), ...assignment });
