/** Where, when and at whose word something is decided. */
export interface DeedPlace {
  /** The gateway's id. */
  readonly gateway: string;
  /** In milliseconds since 1970. */
  readonly at: number;
  /** As in `NewAuditEntry`. */
  readonly actor: string;
}
