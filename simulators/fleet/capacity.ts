export const capacityPlan = (gateways: number): object => ({ gateways });
